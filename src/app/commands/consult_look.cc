// tocsin consult status, log and verify: where an item stands, what was signed, and what a file of it proves.
#include <fmt/format.h>

#include "app/command.h"
#include "app/consult_desk.h"
#include "app/proof_keys.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "council/bundle.h"
#include "council/limits.h"
#include "council/log_evidence.h"
#include "council/publication.h"
#include "council/reminders.h"
#include "council/status_page.h"
#include "council/verdict.h"
#include "report/visible.h"

namespace tocsin::app {
namespace {

Result<consult::Seconds> moment(const Arguments& arguments) {
  const auto text = arguments.value("--at");
  if (!text) {
    return now_seconds();
  }
  const auto at = consult::parse_seconds(*text);
  if (!at) {
    return failure(ErrorCode::usage, "'" + *text + "' is no time", {}, "such as 2026-03-01T10:00:00Z");
  }
  return *at;
}

Result<int> status(const Arguments& arguments) {
  TRY(const council::TimeWords time, reader_time(arguments));
  TRY(const consult::Seconds at, moment(arguments));
  TRY(const auto read, read_item(arguments));
  if (arguments.has("--due")) {
    const auto due = council::reminders(*read->item, read->item->signed_by, read->item->state(at), at, time);
    for (const std::string& words : due) {
      print_out("{}\n", words);
    }
    return finish_out(due.empty() ? exit_nothing_found : exit_found);
  }
  if (arguments.has("--json")) {
    if (const std::string exercise = council::exercise_of(*read->item); !exercise.empty()) {
      message(council::exercise_banner(exercise));
    }
    write_out(consult::to_json(read->item->state(at)) + "\n");
  } else {
    TRY(const auto ended, read_ended(arguments, read->item->roster().hash));
    write_out(council::status_page(*read->item, read->item->signed_by, at, time, ended ? ended->item.get() : nullptr));
  }
  return exit_nothing_found;
}

int run_status(const Arguments& arguments) {
  const auto exit = status(arguments);
  return exit ? *exit : report_error(exit.error());
}

Result<int> log(const Arguments& arguments) {
  TRY(const council::TimeWords time, reader_time(arguments));
  TRY(const auto read, read_item(arguments));
  if (arguments.has("--json")) {
    for (const council::Item::Held& held : read->item->entries()) {
      write_out(held.json + "\n");
    }
    for (const council::Paper* paper : read->item->papers().in_order()) {
      write_out(paper->json + "\n");
    }
  } else {
    write_out(council::log_page(*read->item, now_seconds(), time));
  }
  return exit_nothing_found;
}

int run_log(const Arguments& arguments) {
  const auto exit = log(arguments);
  return exit ? *exit : report_error(exit.error());
}

Result<int> verify(const Arguments& arguments) {
  const auto roster = consult::parse_hash(arguments.value("--roster").value_or(""));
  if (!roster) {
    return failure(ErrorCode::usage, "--roster HASH is needed: 64 small hexadecimal digits", {},
                   "the one thing that you must know by another way; 'tocsin roster check FILE' shows a roster's");
  }
  TRY(const council::TimeWords time, reader_time(arguments));
  TRY(const consult::Seconds at, moment(arguments));
  const std::string& name = arguments.positional.front();
  TRY(const std::string text, read_whole(name, council::limits::journal_bytes_max));
  auto bundle = council::read_bundle(text);
  if (!bundle) {
    Error error = std::move(bundle).error();
    error.where.source = name;
    return std::unexpected(std::move(error));
  }
  consult::Ed25519Verifier verifier;
  TRY(const auto ended, read_ended(arguments, *roster));
  council::Verdict verdict = council::verify_bundle(
      *bundle, {.roster = *roster, .as_of = at, .ended = ended ? ended->item.get() : nullptr}, verifier, time);
  stix::ProofKeys proof_keys;
  if (arguments.has("--key")) {
    TRY(proof_keys, read_proof_keys(arguments));
  }
  council::judge_proofs(verdict, bundle->proofs, proof_keys);
  const std::string hash = consult::hex(*roster);
  const council::RecordOptions options{.roster = hash, .time = time, .made = at};
  for (const std::string& path : arguments.values("--record")) {
    const std::string record =
        path.ends_with(".html") ? council::record_html(verdict, options) : council::record_text(verdict, options);
    TRY_VOID(write_file(path, record));
  }
  const council::PageOptions page_options{.roster = hash, .time = time};
  for (const std::string& path : arguments.values("--page")) {
    TRY(const std::string page, path.ends_with(".html") ? council::statement_html(verdict, page_options)
                                                        : council::statement_text(verdict, page_options));
    TRY_VOID(write_file(path, page));
  }
  if (arguments.has("--json")) {
    write_out(council::to_json(verdict) + "\n");
  } else {
    print_out("{}\n", council::first_line(verdict));
    if (!verdict.exercise.empty()) {
      print_out("  {}\n", council::exercise_banner(verdict.exercise));
    }
    for (const std::string& why : verdict.because) {
      print_out("  {}\n", why);
    }
    if (!verdict.decision.empty()) {
      print_out("  decision {}\n", verdict.decision);
    }
    if (verdict.final()) {
      print_out("  {}\n", council::promise_of_final());
    }
    for (const std::string& finding : verdict.findings) {
      print_out("found: {}\n", report::visible(finding));
    }
  }
  if (verdict.outcome == council::Outcome::cannot_vouch) {
    return exit_failed;
  }
  return verdict.final() && verdict.findings.empty() ? exit_nothing_found : exit_found;
}

int run_verify(const Arguments& arguments) {
  const auto exit = verify(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_consult_status;
const Command command_consult_status = {
    .name = "consult status",
    .doc = "Where an item stands, for people",
    .about =
        "Status with its reasons, deadlines in UTC and the reader's zone with its name, who passed and who has not, "
        "objections and by how many witnesses they are held, who can acknowledge a close, and warnings: a deadline at "
        "night for a third of the members, a break that too few witnesses hold, members that have not passed, receipts "
        "that this folder owes; and what is due for whoever signs here: a pass or an objection from a day before the "
        "deadline on, a receipt, a close. --due prints that alone, a line each, and exits with 1 where there is any: "
        "for "
        "timers that remind people. --ended checks what a reopening says of the item that it takes up again. --json "
        "prints "
        "the state as the journal's contract defines it. --at asks for another "
        "moment; it is for looking only.",
    .example = "tocsin consult status --journal item --timezone Europe/Oslo",
    .positional = "",
    .positional_min = 0,
    .options = {journal_option(),
                {"--at", "TIME", "As of this moment (default: now)"},
                {"--json", "", "The state as JSON"},
                {"--due", "", "Only what is due for whoever signs here; exit code 1 where there is any"},
                ended_options()[0],
                ended_options()[1],
                zone_option()},
    .run = run_status,
};

extern const Command command_consult_log;
const Command command_consult_log = {
    .name = "consult log",
    .doc = "Every entry of an item, in words",
    .about =
        "Lists what was signed by the time that its author gave it: id, time, who, what, in which words. Entries "
        "that do not count are listed with the rule that they break. --json prints the entries as they were signed, "
        "one a line.",
    .example = "tocsin consult log --journal item",
    .positional = "",
    .positional_min = 0,
    .options = {journal_option(), {"--json", "", "The entries as they were signed"}, zone_option()},
    .run = run_log,
};

extern const Command command_consult_verify;
const Command command_consult_verify = {
    .name = "consult verify",
    .doc = "What an exported item proves, without a network",
    .about =
        "Recomputes everything from the file alone: signatures, chains, who held what when, the state, the digests of "
        "the texts. The one thing to trust is the roster, named by its hash. The first line is the verdict: adopted, "
        "final (perhaps with members presumed silent), provisional, silence broken, disputed, void, withdrawn, "
        "announced, "
        "or cannot vouch, and in the same line whether something is wrong with the file; then why; then what is wrong "
        "with the file, if anything.\n\nFinal holds for every larger set "
        "of entries: whatever anybody adds later, nothing takes the decision back; only \"disputed\" can follow, and "
        "only beside a fork that names its author.\n\nWith --key, the log proofs in the file ('consult export --data') "
        "are verified "
        "too, and what they prove is told.\n\nAn exercise proves no decision: its verdict begins with EXERCISE, and is "
        "exit code 1.\n\nExit code 0: adopted, final, and nothing wrong with the file. 1: "
        "any "
        "other verdict, or something wrong. 2: it cannot be judged (not trusted, not readable, entries of a later "
        "version).",
    .example = "tocsin consult verify --roster 3fa1c0de… --record record.html item.bundle",
    .positional = "BUNDLE",
    .positional_min = 1,
    .options = {{"--roster", "HASH", "The roster that is trusted"},
                {"--record", "FILE", "Write a record for the archives: text, or a page that prints well (.html)", true},
                {"--page", "FILE", "Write the published statement as readers get it: text, or a page (.html)", true},
                {"--at", "TIME", "As of this moment (default: now); a final verdict does not depend on it"},
                ended_options()[0],
                ended_options()[1],
                proof_key_option,
                proof_witness_option,
                {"--json", "", "The verdict as JSON"},
                zone_option()},
    .run = run_verify,
};

}  // namespace tocsin::app
