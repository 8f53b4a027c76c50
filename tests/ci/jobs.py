"""Runs the steps of action.yml and the jobs of docs/ci.md and docs/incident.md with a local logleak, on logs that leak.

What GitHub does between the steps is done here: expressions, outputs, the summary. Steps that use other actions are not
run, but what they would upload is looked at.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import world  # noqa: E402

NAMES = [part for person in world.PEOPLE for part in (person.mail, person.password)]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


CI, INCIDENT = world.blocks("ci.md"), world.blocks("incident.md")


def bash(script, folder, env, *options):
    """Runs a script as CI does, with what it says on either stream in one text."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", *options, "-o", "pipefail", "-c", script],
        cwd=folder,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def expression(text, inputs, outputs):
    """The value of a GitHub expression, of as many kinds as action.yml has."""
    code = re.sub(r"inputs\.([\w-]+)", r"inputs['\1']", text)
    code = re.sub(r"steps\.(\w+)\.outputs\.([\w-]+)", r"outputs.get(('\1', '\2'), '')", code)
    code = code.replace("github.action_path", "sources").replace("&&", " and ").replace("||", " or ")
    known = {
        "inputs": inputs,
        "outputs": outputs,
        "sources": str(ROOT),
        "format": lambda form, *values: form.format(*values),
    }
    return eval(code, {"__builtins__": {}}, known)  # of a file of this repository


def filled(value, inputs, outputs):
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(expression(match[1].strip(), inputs, outputs)), str(value))


def act(folder, given):
    """Runs the action. Returns its outputs, what it would upload, the summary, what it said, and whether it failed."""
    inputs = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()} | given
    outputs, uploads, said, failed = {}, {}, "", False
    temp = folder / "runner-temp"
    temp.mkdir(exist_ok=True)
    summary = folder / "summary.md"
    summary.write_text("")
    for step in ACTION["runs"]["steps"]:
        if failed or ("if" in step and not expression(step["if"], inputs, outputs)):
            continue
        if "uses" in step:
            used = {name: filled(value, inputs, outputs) for name, value in step["with"].items()}
            uploads[step["uses"].split("@")[0]] = used
            continue
        output = folder / "output"
        output.write_text("")
        env = {name: filled(value, inputs, outputs) for name, value in step.get("env", {}).items()}
        env |= {
            "RUNNER_TEMP": str(temp),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "PATH": os.environ["PATH"],
        }
        done = bash(step["run"], folder, env, "-e")
        said += done.stdout
        failed = done.returncode != 0
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            outputs[(step["id"], name)] = value
    values = {name: filled(spec["value"], inputs, outputs) for name, spec in ACTION["outputs"].items()}
    return values, uploads, summary.read_text(), said, failed


def names_nobody(text, where):
    for name in NAMES:
        assert name not in text, f"{where} names {name}"


def action_is_sound():
    """What the schema cannot see: scripts take nothing from a workflow but by the environment."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), f"{step['name']}: an expression within a script"
        assert "run" not in step or step["shell"] == "bash"
    for spec in ACTION["inputs"].values():
        assert spec["description"] and (spec.get("required") or "default" in spec)


def action_finds_leaks(folder):
    values, uploads, summary, said, failed = act(folder, {"paths": f"{world.LOGS}\n", "binary": world.LOGLEAK})
    assert failed and values["exit-code"] == "1" and values["status"] == "complete", said
    assert values["accounts"] == "6" and int(values["exposures"]) >= 6
    report = json.loads(Path(values["report"]).read_text())
    assert len(report["accounts"]) == 6 and not Path(values["report"]).is_relative_to(folder / "workspace")
    kept = uploads["actions/upload-artifact"]
    names_nobody(Path(kept["path"]).read_text(), "the artifact")
    assert json.loads(Path(kept["path"]).read_text())["summary"]["accounts"] == 6
    assert "report.json" not in kept["path"]
    sarif = Path(uploads["github/codeql-action/upload-sarif"]["sarif_file"]).read_text()
    names_nobody(sarif, "SARIF")
    assert json.loads(sarif)["runs"][0]["results"]
    names_nobody(said + summary, "the job's log")
    assert "6 exposed accounts" in summary and "| force_reset | 6 |" in summary and "::error" in said
    return sarif


def action_follows_its_inputs(folder):
    binary = {"binary": world.LOGLEAK}
    clean = folder / "clean folder; touch x"
    clean.mkdir()
    (clean / "app.log").write_text("2026-11-18T09:00:01Z INFO started\n")
    values, uploads, _, said, failed = act(folder, binary | {"paths": str(clean)})
    assert not failed and values["exit-code"] == "0" and len(uploads) == 2, said
    values, uploads, _, said, failed = act(
        folder, binary | {"paths": str(world.LOGS), "fail": "false", "upload-sarif": "false", "artifact": ""}
    )
    assert not failed and values["exit-code"] == "1" and uploads == {}, said
    # Hostile inputs are arguments, to the letter, and start nothing.
    for paths, args, code in [
        ("$(touch x)\n`touch x`", "", "2"),
        (str(clean), "; touch x", "3"),  # a path that is not there
        ("--help", "", "2"),
        ("", "", "2"),
    ]:
        values, uploads, _, said, failed = act(folder, binary | {"paths": paths, "args": args})
        assert failed and values["exit-code"] == code and bool(uploads) == (code == "3"), (paths, args, said)
        assert not (folder / "x").exists()
    values, _, _, said, _ = act(
        folder, binary | {"paths": str(world.LOGS), "args": "--source=$(touch x)\n--policy=evidence\n"}
    )
    report = json.loads(Path(values["report"]).read_text())
    assert report["scan"]["source"] == "$(touch x)" and report["scan"]["policy"] == "evidence"
    # What has to be built is built where the cache looks for it.
    for version, fine in [("", True), ("0.1.0", True), ("0.1.0; touch x", False)]:
        steps = ACTION["runs"]["steps"]
        assert [step.get("id") for step in steps[:1]] == ["built"] and steps[1]["with"][
            "path"
        ] == "${{ steps.built.outputs.root }}"
        output = folder / "built"
        output.write_text("")
        env = {
            "VERSION": version,
            "SOURCES": str(ROOT),
            "RUNNER_TEMP": str(folder),
            "GITHUB_OUTPUT": str(output),
            "PATH": os.environ["PATH"],
        }
        done = bash(steps[0]["run"], folder, env, "-e")
        assert (done.returncode == 0) == fine, done.stdout
        assert (re.search(r"^root=\S+/logleak-[\w.-]+$", output.read_text(), re.MULTILINE) is not None) == fine


def gitlab(folder):
    """The script of the job, and the reports that it leaves."""
    job = yaml.safe_load(CI["gitlab"])["logleak"]
    script = "\n".join(job["script"]).replace(
        "/usr/share/logleak/codequality.jq", str(ROOT / "examples" / "feeds" / "codequality.jq")
    )
    code, said = shell(script, folder, LOGS=str(world.LOGS))
    assert code == 1, said
    kept = [*job["artifacts"]["paths"], *job["artifacts"]["reports"].values()]
    for name in kept:
        names_nobody((folder / name).read_text(), name)
    names_nobody(said, "the job's log")
    assert {path.name for path in folder.iterdir()} == {*kept, "bin"}, "nothing else is left in the project's folder"
    issues = json.loads((folder / job["artifacts"]["reports"]["codequality"]).read_text())
    assert issues
    for issue in issues:
        assert issue["description"] and issue["check_name"] and issue["fingerprint"] and issue["location"]["path"]
        assert (
            issue["severity"] in ("info", "minor", "major", "critical", "blocker")
            and issue["location"]["lines"]["begin"] >= 1
        )
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for line in (folder / job["artifacts"]["reports"]["dotenv"]).read_text().splitlines():
        assert re.fullmatch(r"LOGLEAK_[A-Z]+=\w+", line), line


def split(folder):
    """A scan in three parts and their merge is the one report, and `any` is a whole job."""
    logs = ROOT / "tests" / "data" / "sample-logs"
    (folder / "archive").symlink_to(logs)
    for part in (1, 2, 3):
        code, said = shell(CI["split"].replace("find archive ", "find archive/ "), folder, PART=str(part), PARTS="3")
        assert code == 0, said
    code, said = shell(CI["merge"] + "exit $code", folder)
    assert code == 1, said
    merged = json.loads((folder / "report.json").read_text())
    (folder / "logs").symlink_to(logs)
    code, said = shell(CI["any"], folder, REPORT=str(folder / "whole.json"))
    assert code == 1, said
    names_nobody(said + (folder / "logleak-ci.json").read_text(), "the job")
    whole = json.loads((folder / "whole.json").read_text())
    assert [a["account_id"] for a in merged["accounts"]] == [a["account_id"] for a in whole["accounts"]]
    assert merged["summary"]["exposures"] == whole["summary"]["exposures"]


def incident(folder):
    """The commands of docs/incident.md, one after the other."""
    (folder / "logs").symlink_to(world.LOGS)
    people = [{"username": person.name, "email": person.mail} for person in world.PEOPLE]
    (folder / "accounts.ndjson").write_text("\n".join(map(json.dumps, people)))
    code, said = shell(INCIDENT["scan"], folder)
    assert code == 1, said
    code, said = shell(INCIDENT["read"], folder)
    assert code == 0 and '"accounts": 6' in said and "not_ours" in said, said
    report = json.loads((folder / "report.json").read_text())
    reset = [account["account_id"] for account in report["accounts"] if account["action"] == "force_reset"]
    assert len(reset) == 4
    ledger = [{"account_id": account_id, "reset_at": "2026-11-21T12:00:00Z"} for account_id in reset]
    (folder / "resets.ndjson").write_text("\n".join(map(json.dumps, ledger)))
    shell(INCIDENT["again"], folder)
    after = json.loads((folder / "after.json").read_text())
    assert {account["action"] for account in after["accounts"]} == {"review"}
    assert after["summary"]["suppressed_exposures"] == 4
    shell(INCIDENT["purge"], folder)
    records = (folder / "purge.ndjson").read_text().splitlines()
    assert len(records) == report["summary"]["exposures"] and all(json.loads(line)["uri"] for line in records)


def new(folder):
    """A job that fails for what is new, and for nothing that is known, reset or accepted."""
    logs = folder / "logs"
    logs.mkdir()
    (logs / "app.jsonl").write_text((world.LOGS / "app.jsonl").read_text())
    (folder / "key").write_bytes(bytes(range(32)))
    (folder / "key").chmod(0o600)
    (folder / "resets.ndjson").write_text("")
    (folder / "accepted.toml").write_text("")
    shell("logleak scan -q --key-file key -o last.json logs", folder)
    code, said = shell(CI["new"] + "exit $code", folder, KEY="key")
    assert code == 0, said
    (logs / "console.log").write_text((world.LOGS / "console.log").read_text())
    code, said = shell(CI["new"] + "exit $code", folder, KEY="key")
    assert code == 1, said
    report = json.loads((folder / "report.json").read_text())
    assert [account["account"] for account in report["accounts"]] == ["olav@example.com"]
    assert report["summary"]["suppressed_exposures"] == 7, "those of the baseline"


def shell(script, folder, **env):
    """Runs a block in `folder`, where `logleak` is the one under test. Returns the exit code and what it said."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    if not (programs / "logleak").exists():
        (programs / "logleak").symlink_to(world.LOGLEAK)
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", **env}
    done = bash(script, folder, env)
    return done.returncode, done.stdout


def schemas(folder):
    """The files are what GitHub and GitLab read, by the schemas that check-jsonschema brings along."""
    for name, text, schema in [
        ("action.yml", (ROOT / "action.yml").read_text(encoding="utf-8"), "vendor.github-actions"),
        ("github.yml", CI["github"], "vendor.github-workflows"),
        ("matrix.yml", "on: [push]\n" + CI["matrix"], "vendor.github-workflows"),
        ("gitlab.yml", CI["gitlab"], "vendor.gitlab-ci"),
    ]:
        (folder / name).write_text(text)
        command = [
            str(Path(sys.executable).parent / "check-jsonschema"),
            "--builtin-schema",
            schema,
            str(folder / name),
        ]
        if schema == "vendor.gitlab-ci":
            command[1:1] = ["--data-transform", "gitlab-ci"]
        done = subprocess.run(command, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    given = yaml.safe_load(CI["github"])["jobs"]["logleak"]["steps"][-1]["with"]
    assert set(given) <= set(ACTION["inputs"]), "the example gives inputs that the action has"


def main(wanted):
    action_is_sound()
    with tempfile.TemporaryDirectory(prefix="logleak-ci-") as place:
        tests = (schemas, action_finds_leaks, action_follows_its_inputs, gitlab, split, incident, new)
        for test in (test for test in tests if not wanted or test.__name__ in wanted):
            folder = Path(place) / test.__name__
            folder.mkdir()
            test(folder)
            print(f"ok  {test.__name__}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
