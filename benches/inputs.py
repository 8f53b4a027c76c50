"""The logs that benches/compare measures on: each is made from a seed, kept for the next run, and never committed."""
import gzip, lzma, os, pathlib, subprocess, tarfile, time, zipfile

from tools import ROOT, WORK, bench

UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "lines": 1, "": 1}

# name: (what it is, size, size of --smoke, how it is made). A size is one of the generator's.
INPUTS = {
    "empty": ("start-up: one empty file", "0", "0", lambda make: make.log("clean")),
    "clean": ("clean", "1GiB", "1MiB", lambda make: make.log("clean")),
    "typical": ("typical", "1GiB", "1MiB", lambda make: make.log("typical")),
    "dense": ("dense, 135,000 accounts", "1GiB", "1MiB", lambda make: make.log("dense")),
    "large": ("typical, 64 files", "1GiB", "1MiB", lambda make: make.folder("typical", 64)),
    "small": ("typical, 20,000 files of 4 KiB", "80000KiB", "400KiB", lambda make: make.folder("typical", None)),
    "line": ("typical, one line", "1GiB", "1MiB", lambda make: make.log("typical", "--one-line")),
    "accounts": ("another account in each line", "10000000lines", "2000lines", lambda make: make.log("accounts")),
    "repeat": ("the files of --repeat, again and again", "1GiB", "1MiB", lambda make: make.repeated()),
    "gz": ("typical, gzip", "256MiB", "1MiB", lambda make: make.packed("gz")),
    "xz": ("typical, xz", "256MiB", "1MiB", lambda make: make.packed("xz")),
    "zip": ("typical, zip of 16 entries", "256MiB", "1MiB", lambda make: make.packed("zip")),
    "tar.gz": ("typical, tar.gz of 16 entries", "256MiB", "1MiB", lambda make: make.packed("tar.gz")),
}
# A file of `small`.
SMALL = 4 << 10
# Files of an archive.
ENTRIES = 16


def count(size):
    """`1GiB` as a number."""
    digits = size.rstrip("".join(UNITS))
    return int(digits) * UNITS[size[len(digits):]]


class Maker:
    """Makes one input of one size."""

    def __init__(self, name, size, profile, repeat=None):
        self.name, self.size, self.profile, self.repeat = name, size, profile, repeat

    def make(self):
        """The path, what the text takes unpacked, and the list of its leaks where there is one."""
        WORK.mkdir(parents=True, exist_ok=True)
        return INPUTS[self.name][3](self)

    def log(self, kind, *options):
        path = WORK / f"{kind}{''.join(options)}-{self.size}.log"
        labels = self.generate(kind, self.size, path, *options)
        return path, path.stat().st_size, labels

    def folder(self, kind, files):
        """So many files that are `size` together, or as many of 4 KiB."""
        total = count(self.size)
        files, each = (files, total // files) if files else (max(total // SMALL, 1), SMALL)
        path = WORK / f"{kind}-{files}-of-{each}"
        labels = self.generate(kind, str(each), path, "--files", str(files))
        return path, sum(file.stat().st_size for file in path.iterdir()), labels

    def packed(self, form):
        text, size, labels = Maker("typical", self.size, self.profile).log("typical")
        path = text.with_suffix(f".log.{form}")
        if not path.exists() or path.stat().st_mtime < labels.stat().st_mtime:
            pack(form, text, path)
            settle(path)
        return path, size, labels

    def repeated(self):
        if self.repeat is None:
            raise SystemExit("repeat: name a file or a folder with --repeat PATH")
        files = [self.repeat] if self.repeat.is_file() else sorted(file for file in self.repeat.rglob("*") if file.is_file())
        path, size = WORK / f"repeat-{self.size}.log", count(self.size)
        texts = [file.read_bytes() for file in files]
        if not any(texts):
            raise SystemExit(f"repeat: no text in {self.repeat}")
        with path.open("wb") as out:
            while out.tell() < size:
                out.writelines(text if text.endswith(b"\n") else text + b"\n" for text in texts)
        settle(path)
        return path, path.stat().st_size, None

    def generate(self, kind, size, path, *options):
        """Writes it where it is missing or the generator is newer. Returns the list of leaks."""
        labels = WORK / f"{path.name}.tsv"
        sources = [ROOT / "benches/generate.rs", *(ROOT / "benches/synthetic").iterdir()]
        if not (labels.exists() and labels.stat().st_mtime > max(source.stat().st_mtime for source in sources)):
            unfinished = labels.with_suffix(".unfinished")
            command = [bench("generate", self.profile), kind, size, path, *options, "--labels", unfinished]
            subprocess.run([str(part) for part in command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            for file in [path] if path.is_file() else path.iterdir():
                settle(file)
            unfinished.rename(labels)
        return labels


def settle(path):
    """A file that was modified a moment ago counts as live and is read, not mapped."""
    old = time.time() - 60
    os.utime(path, (old, old))


def pack(form, text, path):
    if form in ("gz", "xz"):
        opened = gzip.GzipFile(path, "wb", 6, mtime=0) if form == "gz" else lzma.open(path, "wb", preset=1)
        with opened as out, text.open("rb") as log:
            while block := log.read(1 << 20):
                out.write(block)
        return
    entries = [(f"logs/app.{number:02}.log", part) for number, part in enumerate(parts(text))]
    if form == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for name, part in entries:
                out.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
        return
    import io
    with tarfile.open(path, "w:gz", compresslevel=6) as out:
        for name, part in entries:
            info = tarfile.TarInfo(name)
            info.size = len(part)
            out.addfile(info, io.BytesIO(part))


def parts(text):
    lines = text.read_bytes().splitlines(keepends=True)
    each = -(-len(lines) // ENTRIES)
    return [b"".join(lines[begin:begin + each]) for begin in range(0, len(lines), each)]
