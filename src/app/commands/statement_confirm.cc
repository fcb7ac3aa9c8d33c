// tocsin statement confirm: a person answers for what the clauses of a statement do, and signs it.
#include "app/commands/statement_confirm.h"

#include <fmt/format.h>

#include "app/command.h"
#include "app/consult_desk.h"
#include "app/passphrase.h"
#include "app/standard_output.h"
#include "app/statement_files.h"
#include "app/whole_file.h"
#include "council/content_object.h"
#include "report/visible.h"
#include "speech/clause_table.h"
#include "speech/limits.h"
#include "speech/statement_json.h"
#include "stix/signature.h"

namespace tocsin::app {
namespace {

constexpr std::string_view table_type = "tocsin-clause-table";
constexpr std::string_view table_definition = "extension-definition--b1d678d8-bfc5-4322-9cc5-7e093d21b656";
constexpr std::size_t table_bytes_max = speech::limits::statement_bytes_max;

Result<speech::Manifestation> one_text(const Arguments& arguments) {
  if (arguments.positional.size() != 1) {
    return failure(ErrorCode::usage, "one text is confirmed at a time");
  }
  std::vector<speech::Manifestation> read;
  TRY_VOID(read_statement(arguments.positional.front(), read));
  return std::move(read.front());
}

Result<int> confirm_clauses(const Arguments& arguments) {
  TRY(const speech::Manifestation text, one_text(arguments));
  std::string document;
  if (const auto path = arguments.value("--table")) {
    TRY(document, read_whole(*path, table_bytes_max));
  } else {
    const std::vector<speech::Manifestation> texts = {text};
    const std::vector<speech::Clauses> clauses = {speech::find_clauses(text)};
    document = speech::statement_json({.manifestations = texts, .clauses = &clauses});
  }
  TRY(const wire::Json proposed, wire::parse_json(document));
  TRY(const std::string table, speech::confirmed_clauses(text, proposed));
  TRY(const wire::Json body, wire::parse_json(table));
  TRY(const auto keys, FileKeys::read(arguments));
  stix::KeyRing ring;
  TRY_VOID(ring.add(keys->document()));
  const stix::AuthorKey& key = *ring.find(stix::key_id(keys->public_key()));
  std::vector<std::string> words = {
      fmt::format("{} confirms what the clauses of {} do:", report::visible(key.name), report::visible(text.file))};
  for (const std::string& line : speech::clause_table_words(body)) {
    words.push_back("  " + report::visible(line));
  }
  words.push_back("It holds for these words (text L1 " + text.text_l1 + "), however they are set.");
  TRY(const bool signs,
      confirm(arguments, words,
              arguments.has("--table") ? std::vector<std::string>{}
                                       : std::vector<std::string>{"This is what the machine proposes, unchanged."}));
  if (!signs) {
    return exit_nothing_found;
  }
  TRY_VOID(keys->unlock());
  const consult::Seconds now = now_seconds();
  TRY(const std::string object, council::compose_object({.type = table_type,
                                                         .definition = table_definition,
                                                         .identity = key.identity,
                                                         .created = now,
                                                         .color = stix::TlpColor::amber,
                                                         .body = body}));
  const stix::SignBytes sign = [&](std::string_view bytes) { return keys->sign(bytes); };
  TRY(const std::string made, stix::sign_object(object, key, sign, council::stix_time(now)));
  if (const auto out = arguments.value("--out")) {
    TRY_VOID(write_file(*out, made + "\n"));
  } else {
    write_out(made + "\n");
  }
  return finish_out(exit_nothing_found);
}

int run_confirm(const Arguments& arguments) {
  const auto exit = confirm_clauses(arguments);
  return exit ? *exit : report_error(exit.error());
}

Result<int> check(const Arguments& arguments) {
  TRY(const speech::Manifestation text, one_text(arguments));
  const std::string path = *arguments.value("--clauses");
  TRY(const std::string object, read_whole(path, table_bytes_max));
  stix::KeyRing ring;
  for (const std::string& name : arguments.values("--keys")) {
    TRY(const File file, open_input(name));
    LineReader lines(file.get(), 65'536);
    while (auto line = lines.next()) {
      TRY(const std::string document, *std::move(line));
      TRY_VOID(ring.add(document));
    }
  }
  TRY(const wire::Json table, wire::parse_json(object));
  if (table.string_or("type", "") != table_type) {
    return failure(ErrorCode::syntax, "this is no table of clauses", {.source = path},
                   "'tocsin statement confirm' makes one");
  }
  std::vector<std::string> problems;
  const stix::SignatureCheck signature = stix::check_signature(object, ring);
  if (signature.answer != stix::SignatureCheck::Answer::valid) {
    problems.push_back("its signature cannot be believed: " + signature.reason);
  }
  if (const auto id = council::id_of_content(table, table_type); !id || *id != table.string_or("id", "")) {
    problems.emplace_back("its id does not follow from its content");
  }
  if (problems.empty()) {
    problems = speech::clause_table_problems(text, table);
  }
  if (!problems.empty()) {
    write_out("The clauses are not confirmed for this text.\n");
    for (const std::string& each : problems) {
      print_out("  {}\n", report::visible(each));
    }
    return finish_out(exit_found);
  }
  print_out("Confirmed by {} at {} for these words:\n", report::visible(signature.key->name), signature.signed_at);
  for (const std::string& line : speech::clause_table_words(table)) {
    print_out("  {}\n", report::visible(line));
  }
  return finish_out(exit_nothing_found);
}

}  // namespace

int check_confirmed_clauses(const Arguments& arguments) {
  const auto exit = check(arguments);
  return exit ? *exit : report_error(exit.error());
}

extern const Command command_statement_confirm;
const Command command_statement_confirm = {
    .name = "statement confirm",
    .doc = "Sign what the clauses of a statement do, as a person has confirmed it",
    .about =
        "The machine proposes clauses ('statement clauses --json'); a person corrects that document, leaves clauses "
        "out "
        "or adds some, and confirms it here: every clause must quote the text, and its act and class must be in the "
        "lexicon; only an attribution may attribute. What will be signed is shown first; nothing is signed until you "
        "type yes, or with --yes. The signed table is bound to the words (L2) of every paragraph, not to how they are "
        "set. 'statement verify TEXT --clauses FILE --keys FILE' checks it: a changed word or clause fails.",
    .example = "tocsin statement confirm statement.txt --table clauses.json --key nor.key --out confirmed.json",
    .positional = "FILE",
    .positional_min = 1,
    .options = {{"--table", "FILE", "The clauses as JSON (default: what the machine proposes)"},
                {"--key", "FILE", "The secret key that signs ('tocsin key new')"},
                {"--out", "FILE", "Where to (default: stdout)"},
                {"--yes", "", "Sign what is shown without asking: for scripts"},
                passphrase_option()},
    .run = run_confirm,
};

}  // namespace tocsin::app
