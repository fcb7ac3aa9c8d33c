// tocsin claims: who says that who did it; to and from plain STIX and data sets.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "app/command.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "attribution/data_set.h"
#include "attribution/limits.h"
#include "attribution/matrix_json.h"
#include "attribution/project.h"
#include "base/time.h"
#include "report/visible.h"
#include "stix/timestamp.h"
#include "trust/uuid.h"

namespace tocsin::app {
namespace {

using attribution::Matrix;
using attribution::Record;
using report::visible;

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// Reads all files; what none of it can be read of is an error of its own.
Result<Record> read_files(const std::vector<std::string>& files) {
  attribution::Reader reader;
  for (const std::string& file : files) {
    TRY(const std::string text, read_whole(file, attribution::limits::file_bytes_max));
    TRY_VOID(reader.read(text, file));
  }
  return reader.finish();
}

void tell_problems(const Record& record) {
  for (const Error& error : record.errors) {
    message("cannot be read: " + visible(error.text()));
  }
  if (record.errors_left_out != 0) {
    message(fmt::format("and {} more that cannot be read", record.errors_left_out));
  }
}

// ---- The matrix for people ---------------------------------------------------------------------------------

std::string shown(const Record& record, const std::string& ref) { return visible(attribution::name_of(record, ref)); }

std::string padded(std::string text, std::size_t width) {
  const std::size_t has = report::display_width(text);
  return has < width ? text.append(width - has, ' ') : text;
}

std::string object_name(const Record& record, const attribution::Row& row) {
  return fmt::format("{} ({})", shown(record, row.object), visible(row.granularity));
}

std::string judgement(std::string_view what, const std::optional<attribution::Judgement>& value) {
  if (!value) {
    return "";
  }
  if (!value->words.empty()) {
    return fmt::format(", {} “{}”", what, visible(value->words));
  }
  return value->low == value->high ? fmt::format(", {} {} %", what, *value->low)
                                   : fmt::format(", {} {}–{} %", what, *value->low, *value->high);
}

// What an act says in one line, behind its speaker.
std::string act_text(const Record& record, const Matrix& matrix, const attribution::Entry& entry) {
  const attribution::SpeechAct& act = record.acts[entry.act];
  const attribution::ActState& state = matrix.states[entry.act];
  std::string text;
  if (const auto* claim = std::get_if<attribution::Attribution>(&act)) {
    text = fmt::format("{}: “{}”{}{}", visible(claim->verb), visible(claim->words),
                       judgement("likelihood", claim->likelihood),
                       judgement("analytic confidence", claim->analytic_confidence));
  } else {
    text = fmt::format("{} → {}", attribution::verb_of(act),
                       shown(record, attribution::speaker_of(record.acts[entry.claim])));
    if (const std::string_view reason = attribution::reason_of(act); !reason.empty()) {
      text += fmt::format(": “{}”", visible(reason));
    }
  }
  text += state.echo ? " [echo]" : "";
  text += state.ended == attribution::Ended::withdrawn ? " [withdrawn]" : "";
  text += state.ended == attribution::Ended::superseded ? " [superseded]" : "";
  return text;
}

void print_rows(const Record& record, const Matrix& matrix, std::size_t width) {
  std::size_t column = 6;
  for (const attribution::Row& row : matrix.rows) {
    for (const attribution::Cell& cell : row.cells) {
      column = std::max(column, report::display_width(shown(record, cell.nation)));
    }
  }
  column = std::min<std::size_t>(column, 28);
  const std::string* activity = nullptr;
  for (const attribution::Row& row : matrix.rows) {
    if (activity == nullptr || *activity != row.activity) {
      activity = &row.activity;
      print_out("{}\n", shown(record, row.activity));
    }
    std::string views;
    for (const auto& [holds, name] : {std::pair<bool, std::string_view>{row.partial, "partial"},
                                      {row.conflict, "conflict"},
                                      {row.echo, "echo"},
                                      {row.self_inconsistent, "self-inconsistent"}}) {
      views += holds ? (views.empty() ? "  — " : ", ") + std::string(name) : "";
    }
    print_out("  {}{}\n", object_name(record, row), views);
    for (const attribution::Cell& cell : row.cells) {
      const std::string nation(report::cut_to_width(shown(record, cell.nation), column).text);
      for (const attribution::Entry& entry : cell.entries) {
        std::string text = act_text(record, matrix, entry);
        const std::size_t room = width > column + 20 ? width - column - 6 : 60;
        if (report::display_width(text) > room) {
          text = std::string(report::cut_to_width(text, room - 1).text) + "…";
        }
        print_out("    {}  {}\n", padded(nation, column), text);
      }
    }
  }
}

void print_views(const Record& record, const Matrix& matrix) {
  const auto activity = [&](const attribution::ObjectPair& pair) {
    return shown(record, matrix.rows[pair.first].activity);
  };
  const auto objects = [&](const attribution::ObjectPair& pair, std::string_view between) {
    return fmt::format("{} {} {}", object_name(record, matrix.rows[pair.first]), between,
                       object_name(record, matrix.rows[pair.second]));
  };
  const auto heading = [](std::string_view text, std::size_t count) {
    if (count != 0) {
      print_out("\n{}\n", text);
    }
    return count != 0;
  };
  if (heading("Partial: different objects on one path", matrix.partial.size())) {
    for (const auto& pair : matrix.partial) {
      print_out("  {}: {}\n", activity(pair), objects(pair, pair.path.empty() ? "beside" : "⊂"));
    }
  }
  if (heading("Conflict: objects on no common path, or contested", matrix.disjoint.size() + matrix.contested.size())) {
    for (const auto& pair : matrix.disjoint) {
      print_out("  {}: {}\n", activity(pair), objects(pair, "≠"));
    }
    for (const auto& one : matrix.contested) {
      const auto& claim = record.acts[one.claim];
      const auto& contest = record.acts[one.contest];
      print_out("  {} contests what {} said: “{}”\n", shown(record, attribution::speaker_of(contest)),
                shown(record, attribution::speaker_of(claim)), visible(attribution::reason_of(contest)));
    }
  }
  if (heading("Echo: only repeats, counted once with what it repeats", matrix.echoes.size())) {
    for (const std::uint32_t act : matrix.echoes) {
      print_out("  {} repeats {}\n", shown(record, attribution::speaker_of(record.acts[act])),
                shown(record, matrix.states[act].origin));
    }
  }
  if (heading("Self-inconsistent: one claimant, disjoint objects, none superseded", matrix.self_inconsistent.size())) {
    for (const auto& pair : matrix.self_inconsistent) {
      print_out("  {}, {}: {}\n", shown(record, pair.claimant), activity(pair), objects(pair, "≠"));
    }
  }
  if (heading("Not here: acts on what was not read", matrix.unresolved.size())) {
    for (const auto& one : matrix.unresolved) {
      print_out("  {}: {}\n", shown(record, attribution::speaker_of(record.acts[one.act])), visible(one.target));
    }
  }
}

int run_matrix(const Arguments& arguments) {
  const auto record = read_files(arguments.positional);
  if (!record) {
    return report_error(record.error());
  }
  const Matrix matrix = attribution::claim_matrix(*record);
  if (arguments.has("--json")) {
    std::string text;
    wire::JsonWriter json(text);
    attribution::write_matrix(*record, matrix, json);
    write_out(text += '\n');
  } else {
    print_rows(*record, matrix, out_columns(120));
    print_views(*record, matrix);
    print_out("{}{} in {}\n", matrix.rows.empty() ? "" : "\n", counted(record->acts.size(), "act", "acts"),
              counted(matrix.rows.size(), "row of activity × object", "rows of activity × object"));
  }
  tell_problems(*record);
  if (!arguments.has("--json")) {
    for (const attribution::Note& note : record->notes) {
      message("note: " + visible(note.id + " " + note.text));
    }
  }
  if (record->relationships != 0) {
    message(counted(record->relationships, "plain attributed-to relationship", "plain attributed-to relationships") +
            " not read as claims: they have no words, level or scale");
  }
  if (matrix.left_out != 0) {
    message(fmt::format("{} entries or findings beyond the limits were left out", matrix.left_out));
  }
  return record->errors.empty() ? exit_nothing_found : exit_failed;
}

int run_export(const Arguments& arguments) {
  if (!arguments.has("--stix")) {
    return report_error({ErrorCode::usage, "'tocsin claims export' needs --stix", {}, "see its --help"});
  }
  const auto record = read_files(arguments.positional);
  if (!record) {
    return report_error(record.error());
  }
  std::string text;
  wire::JsonWriter json(text);
  const auto counts = attribution::write_stix(*record, attribution::claim_matrix(*record), json);
  write_out(text += '\n');
  tell_problems(*record);
  message(fmt::format("{} attributed-to, {} by territory, {}", counts.attributed, counts.territories,
                      counted(counts.notes, "note", "notes")));
  if (counts.not_projected != 0) {
    message(fmt::format("{} left out: without a created time, or with references that are no STIX identifiers",
                        counts.not_projected));
  }
  return record->errors.empty() ? exit_nothing_found : exit_failed;
}

// ---- Data sets ---------------------------------------------------------------------------------------------

void tell_rows(std::string_view file, std::string_view what, const std::vector<attribution::Skipped>& rows) {
  constexpr std::size_t told = 20;
  std::string text;
  for (std::size_t i = 0; i < rows.size() && (verbosity().verbose || i < told); ++i) {
    text += fmt::format("{}row {}: {}", i == 0 ? "" : "; ", rows[i].row, rows[i].why);
  }
  if (rows.size() > told && !verbosity().verbose) {
    text += fmt::format("; and {} more (--verbose names them all)", rows.size() - told);
  }
  if (!rows.empty()) {
    message(visible(fmt::format("{}: {} {}: {}", file, rows.size(), what, text)));
  }
}

int run_import(const Arguments& arguments) {
  const auto eurepoc = arguments.values("--eurepoc"), cfr = arguments.values("--cfr");
  if (eurepoc.empty() && cfr.empty()) {
    return report_error({ErrorCode::usage, "'tocsin claims import' needs --eurepoc FILE or --cfr FILE", {}, {}});
  }
  const std::string created = arguments.value("--created").value_or(rfc3339(Time::from_seconds(std::time(nullptr))));
  if (!stix::parse_timestamp(created)) {
    return report_error({ErrorCode::usage, "--created is no STIX timestamp", {}, "as 2024-05-01T12:00:00Z"});
  }
  bool unreadable = false;
  std::vector<std::string> objects;
  const auto read = [&](const std::string& file, const auto& import) -> Result<void> {
    TRY(const std::string text, read_whole(file, attribution::limits::file_bytes_max));
    TRY(auto imported, import(text, attribution::ImportOptions{.file = file, .created = created}));
    message(visible(fmt::format(
        "{}: {} rows: {} claims, {} repeat another row of their record, {} make no claim, {} "
        "cannot be read",
        file, imported.rows, imported.claims, imported.repeated, imported.without_claim, imported.unreadable.size())));
    tell_rows(file, "without a claim", imported.without_claim_rows);
    tell_rows(file, "unreadable", imported.unreadable);
    unreadable = unreadable || !imported.unreadable.empty();
    std::ranges::move(imported.objects, std::back_inserter(objects));
    return {};
  };
  for (const std::string& file : eurepoc) {
    if (const auto done = read(file, attribution::import_eurepoc); !done) {
      return report_error(done.error());
    }
  }
  for (const std::string& file : cfr) {
    if (const auto done = read(file, attribution::import_cfr); !done) {
      return report_error(done.error());
    }
  }
  // A bundle is written object by object: a data set of two files may be large.
  std::string all;
  for (const std::string& object : objects) {
    all += object;
  }
  print_out(R"({{"type":"bundle","id":"bundle--{}","objects":[)", trust::uuid_of_content(all));
  for (std::size_t i = 0; i < objects.size(); ++i) {
    write_out(i == 0 ? "\n" : ",\n");
    write_out(objects[i]);
  }
  write_out("\n]}\n");
  return unreadable && arguments.has("--strict") ? exit_failed : exit_nothing_found;
}

}  // namespace

extern const Command command_claims_export;
const Command command_claims_export = {
    .name = "claims export",
    .doc = "Claims as plain STIX for other tools",
    .about =
        "Writes a bundle with an attributed-to relationship for each claimant, activity and object, created by the "
        "claimant, from attributions that stand and are the claimant's own. What names a territory becomes "
        "originates-from or located-at; what only relays, what leaves open how far it goes, and every act on others' "
        "words become notes. Acknowledgements never become attributed-to.\n\nThe STIX confidence is derived from "
        "words on a scale, and labelled lossy-confidence; without a scale there is none. Markings are kept.",
    .example = "tocsin claims export --stix statements.json > plain.json",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {{"--stix", "", "A STIX 2.1 bundle"}},
    .run = run_export,
};

extern const Command command_claims_import;
const Command command_claims_import = {
    .name = "claims import",
    .doc = "Claims that public data sets of incidents relay",
    .about =
        "Writes a STIX bundle of attributions with relays_ref and source, for claims matrix. They are claims that "
        "somebody says others made: echoes, never truth, and never exported as attributed-to.\n\nNothing is guessed: "
        "a row that names nobody who attributes, or nobody who is blamed, makes no claim and is counted; where a "
        "record crosses columns of several values, only values that stand for themselves are used; a country alone is "
        "where somebody is from, and a sponsor is not the actor. Rows that cannot be read are counted and named.",
    .example = "tocsin claims import --eurepoc EuRepoC_Attribution_dataset_1.1.csv > relayed.json",
    .positional = "",
    .positional_min = 0,
    .options = {{"--eurepoc", "FILE", "EuRepoC's attribution data set (CSV)", true},
                {"--cfr", "FILE", "The CFR Cyber Operations Tracker (CSV)", true},
                {"--created", "TIME", "The objects' created time (default: now)"},
                {"--strict", "", "Exit code 2 where a row could not be read"}},
    .run = run_import,
};

extern const Command command_claims_matrix;
const Command command_claims_matrix = {
    .name = "claims matrix",
    .doc = "Who says that who did it: activity × object of blame, by nation",
    .about =
        "Reads attributions, acknowledgements, support, contests, corroborations and withdrawals (docs/claims.md) from "
        "STIX bundles, single objects or JSON lines; \"-\" is stdin. Every act stays what it is, in the words and on "
        "the scale of who said it: an acknowledgement is no attribution, a claim that only repeats another counts "
        "once with it, and nobody's claims are merged, counted up or judged.\n\nThe views follow from the acts each "
        "time: partial (different objects on one path of is-a and part-of relationships), conflict (objects on no "
        "common path, or a contest), echo (only repeats), self-inconsistent (one claimant, disjoint objects, none "
        "superseded). Territory is a branch of its own.\n\nExit code 2 says that an object or a line could not be "
        "read; the matrix of the others is printed.",
    .example = "tocsin claims matrix --json statements.json contest.jsonl",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {{"--json", "", "One JSON document instead of a table"}},
    .run = run_matrix,
};

}  // namespace tocsin::app
