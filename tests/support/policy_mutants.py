#!/usr/bin/env python3
"""Writes copies of src/policy/decide.cc with one deliberate bug each, for the test that the release checker catches them.

Usage: policy_mutants.py DECIDE_CC OUT_FOLDER. Fails where a line to change is not there exactly once.
"""
import pathlib
import sys

# What a hurried change could do: (name, the line as it is, the line with the bug).
MUTANTS = [
    ("strict_reaches_clients", "{MarkingKind::amber_strict, Reach::organisation,", "{MarkingKind::amber_strict, Reach::clients,"),
    ("empty_audience_is_everybody", "if (request.audience && request.audience->empty()) {", "if (false) {"),
    ("unknown_is_harmless", "if (marking.kind == MarkingKind::statement) {", "if (marking.kind == MarkingKind::statement || marking.kind == MarkingKind::unknown) {"),
    ("observables_are_redacted", "} else if (!request.redactable) {", "} else if (false) {"),
    ("embargo_ends_a_moment_late", "*request.at < *until", "*request.at <= *until"),
    ("clients_are_audience", "standing.in_audience = standing.person || standing.community;", "standing.in_audience = standing.person || standing.community || holds_any(audience, to.client_of);"),
    ("publishing_asks_no_marking", "return graded ? std::nullopt : std::optional(ReasonCode::not_marked_clear);", "return std::nullopt;"),
    ("granular_markings_forgotten", "if (one.whole) {\n      continue;", "if (true) {\n      continue;"),
]

source = pathlib.Path(sys.argv[1]).read_text()
out = pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
names = []
for name, right, wrong in MUTANTS:
    if source.count(right) != 1:
        sys.exit(f"{sys.argv[1]}: {right!r} is there {source.count(right)} times, not once")
    mutant = source.replace(right, wrong)
    # Only decide() is wanted; the rest of the file keeps to itself.
    head, tail = mutant.split("Release decide(const Request& request) {")
    body = tail[: tail.index("\n}\n") + 3]
    text = head + f"Release decide_{name}(const Request& request);\nRelease decide_{name}(const Request& request) {{" + body + "\n}  // namespace tocsin::policy\n"
    path = out / f"{name}.cc"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    names.append(name)
listed = "".join(f"MUTANT({name})\n" for name in names)
path = out / "mutants.def"
if not path.exists() or path.read_text() != listed:
    path.write_text(listed)
