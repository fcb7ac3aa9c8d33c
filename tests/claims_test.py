#!/usr/bin/env python3
"""The commands `claims …` from outside. Usage: claims_test.py TOCSIN"""
import json
import pathlib
import subprocess
import sys
import tempfile

tocsin = str(pathlib.Path(sys.argv[1]).resolve())
root = pathlib.Path(__file__).resolve().parent.parent
DAY = root / "tests" / "golden" / "claims" / "nineteenth-of-july-2021.json"
failed = 0


def run(*arguments, text=""):
    return subprocess.run([tocsin, *map(str, arguments)], input=text, capture_output=True, text=True, timeout=60)


def test(function):
    global failed
    try:
        function()
        print(f"ok {function.__name__}")
    except AssertionError as error:
        failed += 1
        print(f"not ok {function.__name__} {error}")


def matrix(*files, text="", exit_code=0):
    result = run("claims", "matrix", "--json", *files, text=text)
    assert result.returncode == exit_code, (result.returncode, result.stderr)
    return json.loads(result.stdout)


def lines_of(answer):
    lines = []
    for row in answer["rows"]:
        for cell in row["cells"]:
            for act in cell["acts"]:
                lines.append(f"{row['activity']['name']} | {row['object']['name']} ({row['object']['granularity']}) | {cell['name']} | {act['act']}")
    return sorted(lines)


def the_day_gives_its_matrix():
    answer = matrix(DAY)
    assert lines_of(answer) == DAY.with_suffix(".matrix.txt").read_text().splitlines(), answer["rows"]
    assert len(answer["acts"]) == 16 and len({act["id"] for act in answer["acts"]}) == 16
    nato = [act for act in answer["acts"] if act["name"] == "NATO"]
    assert [act["act"] for act in nato] == ["acknowledgement"] and nato[0]["list_complete"] is False, nato
    assert not {"object", "level", "words", "likelihood", "stix_confidence"} & set(nato[0]), nato
    assert [one["name"] for one in answer["self-inconsistent"]] == ["United States"], answer["self-inconsistent"]
    numbers = {act["id"]: act["stix_confidence"] for act in answer["acts"] if "stix_confidence" in act}
    assert len(numbers) == 2 and all(number["lossy"] is True for number in numbers.values()), numbers


def bundle_lines_and_stdin_give_the_same():
    objects = json.loads(DAY.read_text())["objects"]
    lines = "\n".join(json.dumps(one) for one in reversed(objects))
    assert matrix("-", text=lines) == matrix(DAY)


def the_table_is_for_people():
    result = run("claims", "matrix", DAY)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    for words in ("Exchange Server compromise of 2021", "Ministry of State Security (organ)", "acknowledge → Canada", "Self-inconsistent", "16 acts"):
        assert words in result.stdout, words


def what_cannot_be_read_is_named_and_is_exit_2():
    smuggled = {"type": "tocsin-acknowledgement", "id": "tocsin-acknowledgement--x", "by_ref": "n", "verb": "acknowledge", "target_refs": ["t"],
                "object": {"ref": "o", "granularity": "state"}}
    answer = matrix("-", DAY, text="{\n" + json.dumps(smuggled) + "\n", exit_code=2)
    assert len(answer["acts"]) == 16 and len(answer["errors"]) == 2, answer["errors"]
    assert "belongs to an attribution" in answer["errors"][1]["message"] and answer["errors"][1]["line"] == 2, answer["errors"]


def nothing_readable_is_exit_2():
    assert run("claims", "matrix").returncode == 2
    result = run("claims", "matrix", "/no/such/file")
    assert result.returncode == 2 and "/no/such/file" in result.stderr and result.stdout == "", result.stderr
    result = run("claims", "matrix", "-", text="hello")
    assert result.returncode == 2 and result.stdout == "", result.stderr


def hostile_words_do_not_reach_the_terminal():
    claim = {"type": "tocsin-attribution", "id": "a", "claimant_ref": "n\u001b[31m", "activity_refs": ["x\u202e"], "level": "political", "verb": "v",
             "object": {"ref": "o\u0007", "granularity": "organ"}, "words": "w\u001b]0;t\u0007"}
    result = run("claims", "matrix", "-", text=json.dumps(claim))
    assert result.returncode == 0 and not any(c in result.stdout for c in "\u001b\u0007\u202e"), result.stdout


def plain_stix_attributes_for_attributions_only():
    result = run("claims", "export", "--stix", DAY)
    assert result.returncode == 0, result.stderr
    objects = json.loads(result.stdout)["objects"]
    names = {one["id"]: one.get("name") for one in objects}
    claimed = [one for one in objects if one.get("relationship_type") == "attributed-to"]
    who = {names[one["created_by_ref"]] for one in claimed}
    assert who == {"Australia", "Canada", "Japan", "New Zealand", "United Kingdom", "United States"}, who
    assert len({(one["created_by_ref"], one["source_ref"], one["target_ref"]) for one in claimed}) == len(claimed)
    assert run("claims", "export", DAY).returncode == 2


def data_sets_are_relayed():
    header = "incident_ID,attribution_ID,attribution_date,attribution_type,attribution_basis,attributing_actor,attribution_it_company," \
             "attributing_country,attributed_initiator,attributed_initiator_country,attributed_initiator_category\n"
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "e.csv"
        path.write_text(header + "1,1,,,,FBI,,United States,APT,China,State\n2,2,,,,,,,APT,China,State\n3,3\n")
        arguments = ("claims", "import", "--eurepoc", path, "--created", "2024-01-01T00:00:00Z")
        result = run(*arguments)
        assert result.returncode == 0 and "1 claims" in result.stderr and "row 3: names nobody who attributes" in result.stderr, result.stderr
        assert "row 4: has 2 columns of 11" in result.stderr, result.stderr
        assert run(*arguments, "--strict").returncode == 2
        assert run(*arguments).stdout == result.stdout
        answer = matrix("-", text=result.stdout)
        assert len(answer["echo"]) == 1 and answer["echo"][0]["name"] == "FBI", answer["echo"]
        assert run("claims", "import", "--cfr", path).returncode == 2
        assert run("claims", "import", "--eurepoc", path, "--created", "soon").returncode == 2
    assert run("claims", "import").returncode == 2


for function in (the_day_gives_its_matrix, bundle_lines_and_stdin_give_the_same, the_table_is_for_people, what_cannot_be_read_is_named_and_is_exit_2,
                 nothing_readable_is_exit_2, hostile_words_do_not_reach_the_terminal,
                 plain_stix_attributes_for_attributions_only, data_sets_are_relayed):
    test(function)
sys.exit(1 if failed else 0)
