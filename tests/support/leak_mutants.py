#!/usr/bin/env python3
"""Writes copies of files of src/taxii in which each of some deliberate bugs can be switched on, for the test that the leak checker catches them.

Usage: leak_mutants.py SRC_TAXII OUT_FOLDER. Fails where a place to change is not there exactly once.
"""
import pathlib
import sys

# What a hurried change could do: (name, file, the text as it is, the text with the bug); M is true where the bug is on.
MUTANTS = [
    ("what_names_hidden_is_shown", "release.cc", "if (!references_ || (", "if (M || !references_ || ("),
    ("own_copies_open_an_object", "references.cc", "if (held_(*record)) {", "if (held_(*record)) {\n if (M) { objects_[number].present = true; ++objects_[number].open_versions; }"),
    ("unused_identities_are_shown", "release.cc", "if (!policy::is_supporting(record.type) ||", "if (M || !policy::is_supporting(record.type) ||"),
    ("own_use_shows_an_identity", "release.cc", "{others_classes_, {}}", "{M ? classes_ : others_classes_, {}}"),
    ("hidden_versions_may_be_the_last", "release.cc", "    if (seen) {\n", "    if (seen || M) {\n"),
    ("hidden_versions_sent_again_are_told", "admission.cc", "version.unseen = there.unseen;", "if (!M) { version.unseen = there.unseen; }"),
    ("anyone_brings_a_version", "release.cc", "if (created_by_of(first.bytes) != created_by) {", "if (M) { return true; }\n if (created_by_of(first.bytes) != created_by) {"),
    ("definitions_of_others_count", "release.cc", "if (version->writer == writer) {", "if (M || version->writer == writer) {"),
    ("more_counts_what_is_hidden", "read_routes.cc", "if (!chosen) {\n", "if (!chosen) {\n page.more = page.more || M;\n"),
    ("the_manifest_does_not_ask", "read_routes.cc", "TRY(chosen, view.sees(*record));", "TRY(chosen, view.sees(*record));\n chosen = chosen || (M && !whole);"),
    ("a_status_is_for_everyone", "read_routes.cc", "found->owner != asked.user.name)", "(found->owner != asked.user.name && !M))"),
    ("an_unknown_marking_is_none", "release.cc", "request.markings.push_back(std::move(applied));", "if (!M || applied.marking.kind != policy::MarkingKind::unknown) { request.markings.push_back(std::move(applied)); }"),
]

source = pathlib.Path(sys.argv[1])
out = pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)


def write(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


for name in ("release.cc", "references.cc", "read_routes.cc", "admission.cc"):
    text = (source / name).read_text()
    for number, (mutant, file, right, wrong) in enumerate(MUTANTS, 1):
        if file != name:
            continue
        if text.count(right) != 1:
            sys.exit(f"{file}: {right!r} is there {text.count(right)} times, not once")
        text = text.replace(right, wrong.replace("M ", f"on({number}) ").replace("M)", f"on({number}))").replace("M;", f"on({number});"))
    switch = "namespace tocsin::taxii::test {\nextern int mutant;\n}\nstatic bool on(int number) { return tocsin::taxii::test::mutant == number; }\n"
    write(out / name, switch + text)
write(out / "leak_mutants.def", "".join(f"MUTANT({mutant[0]})\n" for mutant in MUTANTS))
