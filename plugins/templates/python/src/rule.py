"""The rule, apart from airgo: `python -m unittest` runs it on your machine."""


def check(config, modules):
    verdict, allow = config.get("verdict", "warn"), config.get("allow", [])
    for module in modules:
        # Where go.mod replaces a module, this is what it is replaced by.
        other = module.replaced_by
        code = other if other and other.version else module
        if not code.version.startswith("v0.") or code.path in allow:
            continue
        message = f"{code.path} is at {code.version}, which promises nothing"
        advice = f'ask for a v1, or once it is reviewed add "{code.path}" to allow'
        yield verdict, module.index, message, advice
