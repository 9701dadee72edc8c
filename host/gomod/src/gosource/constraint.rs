//! Build constraints: `//go:build` expressions and the older `// +build`
//! lines (go/build/constraint).

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That hangs on what is not known.
    Maybe,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Truth {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// The contrary.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "beside `and` and `or`, which are no operators")]
    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

/// A build constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A tag.
    Tag(String),
    /// `!x`
    Not(Box<Self>),
    /// `x && y`
    And(Box<Self>, Box<Self>),
    /// `x || y`
    Or(Box<Self>, Box<Self>),
}

/// How deep parentheses and `!` may nest; Go's own parser has a limit too.
const MAX_DEPTH: usize = 1000;

impl Expr {
    /// Whether it holds, where `has` says it of each tag.
    pub fn evaluate(&self, has: &dyn Fn(&str) -> Truth) -> Truth {
        match self {
            Self::Tag(tag) => has(tag),
            Self::Not(x) => x.evaluate(has).not(),
            Self::And(x, y) => x.evaluate(has).and(y.evaluate(has)),
            Self::Or(x, y) => x.evaluate(has).or(y.evaluate(has)),
        }
    }

    /// Reads what stands behind `//go:build`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text.trim(), depth: 0 };
        let expr = parser.or()?;
        parser.rest.is_empty().then_some(expr)
    }

    /// Reads what stands behind `// +build`: words are alternatives, commas
    /// join what must all hold.
    pub(super) fn parse_plus(text: &str) -> Option<Self> {
        let word = |word: &str| {
            word.split(',')
                .map(|tag| {
                    let (negated, tag) = tag.strip_prefix('!').map_or((false, tag), |t| (true, t));
                    let valid = !tag.is_empty() && tag.chars().all(is_tag);
                    let tag = Self::Tag(tag.to_owned());
                    valid.then(|| if negated { Self::Not(Box::new(tag)) } else { tag })
                })
                .reduce(|x, y| Some(Self::And(Box::new(x?), Box::new(y?))))?
        };
        text.split_whitespace().map(word).reduce(|x, y| Some(Self::Or(Box::new(x?), Box::new(y?))))?
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Option<Expr> {
        let mut expr = self.and()?;
        while self.take("||") {
            expr = Expr::Or(Box::new(expr), Box::new(self.and()?));
        }
        Some(expr)
    }

    fn and(&mut self) -> Option<Expr> {
        let mut expr = self.not()?;
        while self.take("&&") {
            expr = Expr::And(Box::new(expr), Box::new(self.not()?));
        }
        Some(expr)
    }

    fn not(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let expr = if self.take("!") {
            Expr::Not(Box::new(self.not()?))
        } else if self.take("(") {
            let inner = self.or()?;
            self.take(")").then_some(inner)?
        } else {
            let end = self.rest.find(|c| !is_tag(c)).unwrap_or(self.rest.len());
            let (tag, rest) = self.rest.split_at(end);
            self.rest = rest.trim_start();
            (!tag.is_empty()).then(|| Expr::Tag(tag.to_owned()))?
        };
        self.depth -= 1;
        Some(expr)
    }

    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest.trim_start();
        true
    }
}

fn is_tag(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}
