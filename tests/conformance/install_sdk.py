"""Install the AWS SDK for JavaScript into a folder, for `test_another_sdk`: `python install_sdk.py FOLDER`.

Where there is no npm, or no registry to reach, nothing happens, and the test is skipped with a reason.
"""

import shutil
import subprocess
import sys
from pathlib import Path

folder = Path(sys.argv[1])
npm = shutil.which('npm')
if npm is None:
    sys.stdout.write('no npm here: SWF Local is not tested with the SDK for JavaScript\n')
    sys.exit()
if not (folder / 'node_modules' / '@aws-sdk' / 'client-swf').exists():
    folder.mkdir(parents=True, exist_ok=True)
    options = ['--silent', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-timeout=20000']
    subprocess.run([npm, 'install', *options, '--prefix', str(folder), '@aws-sdk/client-swf'], check=False)
