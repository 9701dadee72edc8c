import unittest
from types import SimpleNamespace

import rule


class Unstable(unittest.TestCase):
    def test_only_major_version_0_is_told(self):
        modules = [
            SimpleNamespace(index=0, path="example.com/stable", version="v1.0.0", replaced_by=None),
            SimpleNamespace(index=1, path="example.com/young", version="v0.3.1", replaced_by=None),
        ]
        found = list(rule.check({"verdict": "deny"}, modules))
        self.assertEqual([(verdict, module) for verdict, module, _, _ in found], [("deny", 1)])


if __name__ == "__main__":
    unittest.main()
