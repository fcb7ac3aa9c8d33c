// tocsin consult open, export and import: consulting by exchanging files.
#include "app/commands/consult_exchange.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "app/command.h"
#include "app/commands/consult_node.h"
#include "app/consult_desk.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "consult/limits.h"
#include "council/bundle.h"
#include "council/chain_reading.h"
#include "council/courier.h"
#include "council/holding.h"
#include "council/limits.h"
#include "report/visible.h"
#include "trust/digest.h"
#include "wire/json.h"

namespace tocsin::app {
namespace {

Result<std::string> journal_path(const Arguments& arguments) {
  const auto path = arguments.value("--journal");
  if (!path) {
    return failure(ErrorCode::usage, "--journal DIR is needed", {}, "the folder that holds the consultation");
  }
  return *path;
}

Result<void> add_keys(const Arguments& arguments, council::Consultation& consultation) {
  for (const std::string& path : arguments.values("--keys")) {
    TRY(const File file, open_input(path));
    LineReader lines(file.get(), 65'536);
    while (auto line = lines.next()) {
      TRY(const std::string document, *std::move(line));
      TRY_VOID(consultation.receive(council::Record{council::RecordKind::key, document}));
    }
  }
  return {};
}

Result<int> open_item(const Arguments& arguments) {
  TRY(const std::string path, journal_path(arguments));
  const auto roster_file = arguments.value("--roster");
  const std::string title = arguments.value("--title").value_or("");
  if (!roster_file || title.empty()) {
    return failure(ErrorCode::usage, "--roster FILE and --title TITLE are needed", {},
                   "'tocsin roster make' makes a roster");
  }
  TRY(const std::string json, read_whole(*roster_file, consult::limits::roster_bytes_max));
  consult::RosterReading reading = consult::read_roster(json);
  if (!reading.roster) {
    return failure(ErrorCode::damaged, "the roster is not valid: " + reading.problem, {.source = *roster_file});
  }
  const std::string exercise(trim(arguments.value("--exercise").value_or("")));
  if (arguments.has("--exercise") && exercise.empty()) {
    return failure(ErrorCode::usage, "--exercise needs words", {}, "--exercise 'Coalition 2026, not a real event'");
  }
  const consult::Roster& roster = *reading.roster;
  TRY(const auto keys, FileKeys::read(arguments));
  std::string author;
  for (const consult::Participant& participant : roster.participants) {
    if (participant.key == keys->public_key() && participant.role != consult::Role::partner) {
      author = participant.name;
    }
  }
  if (author.empty()) {
    return failure(ErrorCode::usage, "this key is not that of a member or the chair of the roster");
  }
  if (std::filesystem::exists(path + "/journal.jsonl")) {
    return failure(ErrorCode::usage, "there is a journal already", {.source = path}, "one folder holds one item");
  }
  TRY(const stix::TlpMarking* tlp, read_tlp(arguments, stix::TlpColor::amber_strict));
  const std::string marking(tlp->name);
  const council::RosterCheck check = council::check_roster(roster);
  std::vector<std::string> words = {
      fmt::format("{} opens the item \"{}\".", author, report::visible(title)),
      fmt::format("It lives under the roster {} for ever; a new roster means a new item.", consult::hex(roster.hash))};
  words.push_back(
      fmt::format("Its existence is marked {}: who is not on the roster is told of it by nobody who may not "
                  "tell that.",
                  marking));
  for (const std::string& line : council::participant_words(json, roster)) {
    words.push_back(line);
  }
  words.insert(words.end(), check.says.begin(), check.says.end());
  if (!exercise.empty()) {
    words.insert(words.begin(), council::exercise_banner(exercise));
  }
  TRY(const bool sign, confirm(arguments, words, check.warnings));
  if (!sign) {
    return exit_nothing_found;
  }
  TRY(const council::Opened opened, council::sign_open({.title = title, .marking = marking, .exercise = exercise},
                                                       roster, author, *keys, now_seconds()));
  std::string chain;
  std::string lines = council::new_journal(opened.item, json, chain);
  lines += council::write_line({council::RecordKind::signed_here, opened.json}, chain);
  TRY(auto folder, JournalFolder::create(path, lines));
  TRY(const auto desk, Desk::open(std::move(folder), keys.get()));
  TRY_VOID(desk->consultation().receive(council::Record{council::RecordKind::key, keys->document()}));
  TRY_VOID(add_keys(arguments, desk->consultation()));
  print_out("{}\n", consult::hex(opened.item));
  message("opened; hand it over with 'tocsin consult export', and tell the others the roster's hash by another way");
  return exit_nothing_found;
}

int run_open(const Arguments& arguments) {
  const auto exit = open_item(arguments);
  return exit ? *exit : report_error(exit.error());
}

Result<int> export_item(const Arguments& arguments) {
  std::vector<std::string> readings;
  std::vector<std::string> left_out;
  std::string bundle;
  std::string marking;
  std::vector<std::string> proofs;
  const auto prove = [&](const council::Item& item) -> Result<void> {
    if (arguments.has("--data")) {
      TRY(proofs, proofs_of(arguments, item));
      message(fmt::format("with {} log proofs for its {} objects", proofs.size(), council::objects_of(item).size()));
    }
    return {};
  };
  if (arguments.has("--key")) {
    TRY(const auto keys, FileKeys::read(arguments));
    TRY(const auto desk, Desk::open(arguments, keys.get()));
    TRY(const bool sign,
        confirm(arguments,
                marked_words(desk->item(),
                             {desk->author() + " says which entries it holds of everybody, with this machine's time."}),
                {}));
    if (!sign) {
      return exit_nothing_found;
    }
    TRY(std::string reading, council::make_reading(desk->item(), desk->author(), now_seconds(), *keys));
    readings.push_back(std::move(reading));
    TRY_VOID(prove(desk->item()));
    marking = council::marking_of(desk->item());
    bundle = council::write_bundle(desk->item(), readings, &left_out, proofs);
  } else {
    TRY(const auto read, read_item(arguments));
    TRY_VOID(prove(*read->item));
    marking = council::marking_of(*read->item);
    bundle = council::write_bundle(*read->item, {}, &left_out, proofs);
  }
  for (const std::string& why : left_out) {
    message("left out: " + why);
  }
  if (!marking.empty()) {
    message("the consultation, its existence included, is " + marking);
  }
  if (const auto out = arguments.value("--out")) {
    std::FILE* file = std::fopen(out->c_str(), "wb");
    const bool written = file != nullptr && std::fwrite(bundle.data(), 1, bundle.size(), file) == bundle.size();
    if ((file != nullptr && std::fclose(file) != 0) || !written) {
      return failure(ErrorCode::io, "the bundle cannot be written", {.source = *out});
    }
  } else {
    write_out(bundle);
  }
  return exit_nothing_found;
}

int run_export(const Arguments& arguments) {
  const auto exit = export_item(arguments);
  return exit ? *exit : report_error(exit.error());
}

// The first bundle of an item makes the folder, under a roster that the reader has got by another way.
Result<std::unique_ptr<JournalFolder>> begin_folder(const Arguments& arguments, const std::string& path,
                                                    const council::Bundle& bundle) {
  const auto trusted = consult::parse_hash(arguments.value("--roster").value_or(""));
  if (!trusted) {
    return failure(ErrorCode::usage, "--roster HASH is needed for the first import into a folder", {},
                   "the roster's hash as its owner told you by another way; 'tocsin roster check FILE' shows it");
  }
  for (const std::string& json : bundle.rosters) {
    const auto reading = consult::read_roster(json);
    if (reading.roster && reading.roster->hash == *trusted) {
      std::string chain;
      return JournalFolder::create(path, council::new_journal(bundle.item, json, chain));
    }
  }
  return failure(ErrorCode::damaged, "the bundle holds no roster with the hash that you trust");
}

struct Brought {
  std::size_t entries = 0;
  std::size_t texts = 0;
  std::size_t papers = 0;
  std::size_t readings = 0;
  std::size_t refused = 0;
  std::string why;
};

Result<void> merge(const council::Bundle& bundle, council::Consultation& consultation, Brought& brought) {
  const auto refuse = [&](const std::string& why) {
    ++brought.refused;
    brought.why = why;
  };
  std::string why;
  for (const std::string& entry : bundle.entries) {
    TRY(const council::Intake intake, consultation.receive(entry, &why));
    brought.entries += intake == council::Intake::added ? 1U : 0U;
    if (intake == council::Intake::refused) {
      refuse(why);
    }
  }
  // Only what a draft names, and only in its one form: nobody fills a folder with anything else.
  const std::set<std::string> drafts = council::draft_digests(consultation.item());
  std::set<std::string> named;
  const auto take = [&](const council::Record& record) {
    if (auto added = consultation.receive(record); !added) {
      refuse(added.error().message);
    } else {
      brought.texts += *added && record.kind == council::RecordKind::text ? 1U : 0U;
    }
  };
  for (const std::string& json : bundle.manifests) {
    const auto manifest = council::read_manifest(json);
    if (manifest && drafts.contains(manifest->sha256)) {
      for (const council::Manifest::Version& version : manifest->texts) {
        named.insert(version.sha256);
      }
      take({council::RecordKind::manifest, json});
    } else {
      refuse("texts of no draft");
    }
  }
  for (const std::string& json : bundle.texts) {
    const auto text = council::read_text(json);
    if (text && named.contains(trust::sha256_hex(text->text))) {
      take({council::RecordKind::text, json});
    } else {
      refuse("a text that no draft names");
    }
  }
  for (const std::string& key : bundle.keys) {
    take({council::RecordKind::key, key});
  }
  // Consents first: what rests on them is refused without.
  for (const bool consents : {true, false}) {
    for (const std::string& paper : bundle.papers) {
      const auto json = wire::parse_json(paper);
      const bool consent =
          json && json->string_or("type", "").starts_with(council::type_of(council::PaperKind::consent));
      if (consent != consents) {
        continue;
      }
      if (auto added = consultation.receive(council::Record{council::RecordKind::paper, paper}); !added) {
        if (added.error().code == ErrorCode::io) {
          return std::unexpected(added.error());
        }
        refuse(added.error().message);
      } else {
        brought.papers += *added ? 1U : 0U;
      }
    }
  }
  for (const std::string& reading : bundle.readings) {
    const auto counted = consultation.receive_reading(reading);
    if (!counted) {
      refuse(counted.error().message);
    } else {
      brought.readings += *counted ? 1U : 0U;
    }
  }
  return {};
}

}  // namespace

Importer::Importer(const Arguments& arguments, Tells tells) : arguments_(arguments), tells_(tells) {}
Importer::~Importer() = default;

Result<void> Importer::take(const std::string& name, const council::Bundle& bundle) {
  if (desk_ == nullptr) {
    TRY(const std::string path, journal_path(arguments_));
    if (std::filesystem::exists(path + "/journal.jsonl")) {
      TRY(desk_, Desk::open(arguments_, nullptr));
    } else {
      TRY(auto folder, begin_folder(arguments_, path, bundle));
      TRY(desk_, Desk::open(std::move(folder), nullptr));
    }
  }
  if (desk_->item().id() != bundle.item) {
    return failure(ErrorCode::usage, "the bundle is of another item", {.source = name}, "one folder holds one item");
  }
  if (const auto trusted = arguments_.value("--roster");
      trusted && *trusted != consult::hex(desk_->item().roster().hash)) {
    return failure(ErrorCode::damaged, "the folder lives under another roster than the one named");
  }
  Brought brought;
  TRY_VOID(merge(bundle, desk_->consultation(), brought));
  const bool new_here = brought.entries + brought.texts + brought.papers + brought.readings != 0;
  if (tells_ == Tells::all || new_here) {
    message(fmt::format("{}: new are {} of its entries and {} of its texts{}{}", report::visible(name), brought.entries,
                        brought.texts,
                        brought.papers == 0 ? "" : fmt::format(", {} papers beside the text", brought.papers),
                        brought.readings == 0 ? "" : fmt::format(", {} readings of the own chain", brought.readings)));
  }
  if (!bundle.whole) {
    message("warning: it was cut or changed after it was made");
  }
  if (bundle.problems_total != 0) {
    message(fmt::format("warning: {} lines cannot be read, the first: {}", bundle.problems_total,
                        report::visible(bundle.problems.front())));
  }
  if (brought.refused != 0) {
    message(fmt::format("warning: {} things were not taken, the last because: {}", brought.refused,
                        report::visible(brought.why)));
  }
  problems_ = problems_ || !bundle.whole || bundle.problems_total != 0 || brought.refused != 0;
  return {};
}

int Importer::finish() {
  const consult::State state = desk_->item().state(now_seconds());
  if (const std::string exercise = council::exercise_of(desk_->item()); !exercise.empty()) {
    message(council::exercise_banner(exercise));
  }
  print_out("{}\n", consult::text_of(state.status));
  if (!state.equivocators.empty()) {
    message("warning: " + council::listed(state.equivocators) + " signed two histories (a fork)");
  }
  if (const council::Continuity& continuity = desk_->item().continuity; continuity.broken) {
    message(fmt::format("warning: {}: nothing is signed until {} witnesses have shown what they hold ({} so far)",
                        continuity.why, desk_->item().roster().quorum, continuity.readings.size()));
  }
  return problems_ ? exit_found : exit_nothing_found;
}

namespace {

Result<int> import_item(const Arguments& arguments) {
  Importer importer(arguments);
  for (const std::string& name : arguments.positional) {
    TRY(const std::string text, read_whole(name, council::limits::journal_bytes_max));
    auto read = council::read_bundle(text);
    if (!read) {
      Error error = std::move(read).error();
      error.where.source = name;
      return std::unexpected(std::move(error));
    }
    TRY_VOID(importer.take(name, *read));
  }
  return importer.finish();
}

int run_import(const Arguments& arguments) {
  const auto exit = import_item(arguments);
  return exit ? *exit : report_error(exit.error());
}

}  // namespace

extern const Command command_consult_open;
const Command command_consult_open = {
    .name = "consult open",
    .doc = "Open an item: a folder, a title, a roster",
    .about =
        "Makes the folder --journal and signs the entry that opens the item; its id is the item's name and goes to "
        "stdout. Members and the chair of the roster may. The roster holds for the whole life of the item: the command "
        "shows what it means before it signs. --keys adds the public documents of others ('tocsin key new' prints "
        "them), so that records can name the keys' owners. --tlp marks the consultation itself: that it exists, its "
        "title and its roster are no more anybody's business than its text; every page shows the "
        "marking.\n\n--exercise marks an exercise, in words that are signed "
        "with "
        "the opening: every screen, page and paper of the item says EXERCISE, and nothing of it proves a decision.",
    .example = "tocsin consult open --journal item --roster roster.json --title 'Statement of July' --key nor.key",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({{"--roster", "FILE", "The roster ('tocsin roster make')"},
                                {"--title", "TITLE", "What the item is about"},
                                {"--tlp", "COLOUR", "clear, green, amber, amber+strict (default) or red"},
                                {"--exercise", "WORDS", "It is an exercise, and which"},
                                {"--keys", "FILE", "Public keys of the others, one a line", true}}),
    .run = run_open,
};

extern const Command command_consult_export;
const Command command_consult_export = {
    .name = "consult export",
    .doc = "Write the item as a file to hand over",
    .about =
        "Writes everything that is held of the item, as JSON lines: roster, keys, entries as their authors signed "
        "them, "
        "texts. Carry it as you like: nothing in it is believed for being in it. 'consult import' merges it, 'consult "
        "verify' judges it.\n\nWith --key the file also says, signed, what the owner of the key holds of everybody's "
        "chain: a delegation that lost its journal signs nothing until enough witnesses have given it that.\n\nWith "
        "--data "
        "the file also carries proofs that the node's transparency log holds what 'consult send' brought there; "
        "'consult verify --key' checks them. What was sent just now is proven after the log's next checkpoint.",
    .example = "tocsin consult export --journal item --out item.bundle",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({{"--out", "FILE", "Where to (default: stdout)"},
                                {"--data", "DIR", "Add proofs that this node's log holds the objects of the item"},
                                {"--collection", "ID", "With --data: the collection (default: the only one)"}}),
    .run = run_export,
};

extern const Command command_consult_import;
const Command command_consult_import = {
    .name = "consult import",
    .doc = "Merge what another delegation exported",
    .about =
        "Takes in what is new, in any order, any number of times; prints the status. The first import makes the folder "
        "and needs --roster HASH, the hash of the roster as you got it by another way. Witnesses sign a 'consult "
        "receipt' afterwards.\n\nExit code 1 says that something in a file was not taken; what was good in it was.",
    .example = "tocsin consult import --journal item --roster 3fa1c0de… from-chair.bundle",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {journal_option(), {"--roster", "HASH", "The roster that is trusted: needed for the first import"}},
    .run = run_import,
};

}  // namespace tocsin::app
