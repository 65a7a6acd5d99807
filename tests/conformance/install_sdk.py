"""Install the AWS SDK for JavaScript into a folder, for `test_another_sdk`: `python install_sdk.py FOLDER`.

Where there is no npm, or no registry that answers in time, nothing is installed, and the test is skipped with a reason.
It is tried once: a folder that is there is left as it is.
"""

import shutil
import subprocess
import sys
from pathlib import Path

PATIENCE = 60   # seconds

folder, npm = Path(sys.argv[1]), shutil.which('npm')
if npm is None or folder.exists():
    sys.exit()
folder.mkdir(parents=True)
options = ['--silent', '--no-audit', '--no-fund', '--fetch-retries=0', '--prefix', str(folder)]
try:
    subprocess.run([npm, 'install', *options, '@aws-sdk/client-swf'], check=False, timeout=PATIENCE)
except subprocess.TimeoutExpired:
    sys.stdout.write('npm does not answer: SWF Local is not tested with the SDK for JavaScript\n')
