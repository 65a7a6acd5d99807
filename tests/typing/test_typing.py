"""mypy agrees with the documented usage, and complains where it should."""

import re
from pathlib import Path

from mypy import api

USAGE = Path(__file__).parent / 'usage.py'
ROOT = Path(__file__).parents[2]


def test_usage_is_typed_as_documented(tmp_path):
    lines = USAGE.read_text(encoding='utf-8').splitlines()
    expected = {(number, code) for number, line in enumerate(lines, 1) for code in re.findall(r'# E: ([\w-]+)', line)}
    output, errors, _ = api.run([
        '--config-file', str(ROOT / 'pyproject.toml'), '--cache-dir', str(tmp_path), '--no-pretty',
        '--follow-imports=silent', str(USAGE),
    ])
    found = {(int(line), code) for line, code in re.findall(r'usage\.py:(\d+): error: .*\[([\w-]+)\]', output)}
    assert errors == ''
    assert found == expected, output
