// tocsin consult draft, silence, pass and the rest: what a delegation or the chair signs on an item.
#include <fmt/format.h>

#include "app/command.h"
#include "app/consult_desk.h"
#include "app/hand_over.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/time.h"
#include "council/acts.h"
#include "council/amendment.h"
#include "council/holding.h"
#include "council/limits.h"
#include "trust/digest.h"

namespace tocsin::app {
namespace {

using council::Act;
using council::Situation;

int fail(const Error& error) { return report_error(error); }

int run_draft_of(const Arguments& arguments, bool amends) {
  const auto run = [&]() -> Result<int> {
    std::vector<council::Record> records;
    std::vector<council::Manifest::Version> versions;
    std::vector<std::string> annexes;
    const auto given = arguments.options.find("--text");
    for (const std::string& value : given == arguments.options.end() ? std::vector<std::string>{} : given->second) {
      const std::size_t equals = value.find('=');
      if (equals == std::string::npos) {
        return failure(ErrorCode::usage, "--text is LANGUAGE=FILE", {}, "--text en=statement.txt");
      }
      TRY(std::string text, read_whole(value.substr(equals + 1), council::limits::text_bytes_max));
      if (!valid_utf8(text)) {
        return failure(ErrorCode::encoding, "the text is not UTF-8", {.source = value.substr(equals + 1)});
      }
      versions.push_back({value.substr(0, equals), trust::sha256_hex(text)});
      records.push_back({council::RecordKind::text, council::text_json({value.substr(0, equals), std::move(text)})});
    }
    // Amendments that the drafter takes over make the texts that are not given.
    std::optional<council::ComposedRevision> composed;
    if (const auto amendments = arguments.values("--from-amendments"); !amendments.empty()) {
      if (arguments.has("--parent") || arguments.has("--annex")) {
        return failure(ErrorCode::usage, "--from-amendments takes draft and annexes from the amendments");
      }
      std::vector<council::Text> texts;
      for (const council::Record& record : records) {
        TRY(council::Text text, council::read_text(record.value));
        texts.push_back(std::move(text));
      }
      TRY(const auto read, read_item(arguments));
      TRY(composed, council::compose_revision(*read->item, amendments, std::move(texts)));
      records.clear();
      for (const council::Text& text : composed->texts) {
        records.push_back({council::RecordKind::text, council::text_json(text)});
      }
      versions = composed->manifest.texts;
      annexes = composed->manifest.annexes;
    }
    for (const std::string& file : arguments.values("--annex")) {
      TRY(const std::string bytes, read_whole(file, council::limits::text_bytes_max));
      annexes.push_back(trust::sha256_hex(bytes));
    }
    if (versions.empty()) {
      return failure(ErrorCode::usage, "--text LANGUAGE=FILE is needed", {}, "one for each language version");
    }
    TRY(const council::Manifest manifest, council::make_manifest(std::move(versions), std::move(annexes)));
    records.push_back({council::RecordKind::manifest, manifest.canonical});
    return sign_acts(
        arguments,
        [&](const Situation& situation) -> Result<std::vector<Act>> {
          std::optional<consult::Hash> parent;
          if (amends) {
            if (const auto named = arguments.value("--parent")) {
              TRY(parent, council::find_id(situation.item, *named));
            } else {
              parent = composed ? composed->parent : situation.state.draft;
            }
            if (!parent) {
              return failure(ErrorCode::usage, "there is no text to amend", {}, "'tocsin consult draft' tables one");
            }
          }
          TRY(Act act, council::draft_act(situation, manifest, parent));
          if (composed) {
            act.words.insert(act.words.end(), composed->words.begin(), composed->words.end());
          }
          return std::vector<Act>{std::move(act)};
        },
        records);
  };
  const auto exit = run();
  return exit ? *exit : fail(exit.error());
}

int run_draft(const Arguments& arguments) { return run_draft_of(arguments, false); }
int run_amend(const Arguments& arguments) { return run_draft_of(arguments, true); }

int run_silence(const Arguments& arguments) {
  const auto deadline = read_moment(arguments, "--until");
  if (!deadline) {
    return fail(deadline.error());
  }
  return run_act(arguments, [&](const Situation& situation) -> Result<Act> {
    council::SilencePlan plan{.deadline = *deadline, .name_of_class = arguments.value("--class").value_or("normal")};
    if (const auto named = arguments.value("--draft")) {
      TRY(plan.draft, council::find_id(situation.item, *named));
    }
    return council::silence_act(situation, plan);
  });
}

int run_extend(const Arguments& arguments) {
  const auto deadline = read_moment(arguments, "--until");
  if (!deadline) {
    return fail(deadline.error());
  }
  return run_act(arguments, [&](const Situation& situation) { return council::extend_act(situation, *deadline); });
}

int run_suspend(const Arguments& arguments) { return run_act(arguments, council::suspend_act); }
int run_withdraw(const Arguments& arguments) { return run_act(arguments, council::withdraw_act); }
int run_pass(const Arguments& arguments) { return run_act(arguments, council::pass_act); }
int run_close(const Arguments& arguments) {
  return run_act(arguments, arguments.has("--preview") ? council::close_preview : council::close_act);
}

int run_position_of(const Arguments& arguments, consult::Stance stance) {
  const auto words = read_words(arguments);
  if (!words) {
    return fail(words.error());
  }
  return run_act(arguments,
                 [&](const Situation& situation) { return council::position_act(situation, stance, *words); });
}

int run_break(const Arguments& arguments) { return run_position_of(arguments, consult::Stance::break_silence); }
int run_hold(const Arguments& arguments) { return run_position_of(arguments, consult::Stance::hold); }
int run_reserve(const Arguments& arguments) { return run_position_of(arguments, consult::Stance::reserve); }
int run_interpret(const Arguments& arguments) { return run_position_of(arguments, consult::Stance::interpret); }
int run_associate(const Arguments& arguments) { return run_position_of(arguments, consult::Stance::associate); }

int run_position(const Arguments& arguments) {
  const auto stance = council::parse_stance(arguments.value("--stance").value_or(""));
  if (!stance) {
    return fail(
        {ErrorCode::usage,
         "--stance is needed",
         {},
         "one of support, no-objection, hold, break, reserve, interpret, dissociate, abstain, recuse, associate"});
  }
  return run_position_of(arguments, *stance);
}

int run_retract(const Arguments& arguments) {
  const auto named = arguments.value("--position");
  if (!named) {
    return fail({ErrorCode::usage, "--position ID is needed", {}, "'tocsin consult log' shows ids"});
  }
  return run_act(arguments, [&](const Situation& situation) -> Result<Act> {
    TRY(const consult::Hash position, council::find_id(situation.item, *named));
    return council::retract_act(situation, position);
  });
}

int run_receipt(const Arguments& arguments) {
  const auto exit = sign_acts(arguments, [](const Situation& situation) -> Result<std::vector<Act>> {
    const auto self = situation.item.roster().find(situation.author);
    if (self && !situation.item.roster().participants[*self].witness) {
      return failure(ErrorCode::usage, situation.author + " is no witness on this roster: its receipts prove nothing");
    }
    return council::receipts_due(situation.item, situation.author, situation.now);
  });
  return exit ? *exit : fail(exit.error());
}

Option text_option() { return {"--text", "WORDS", "What the position says"}; }
std::vector<Option> draft_options() {
  return {{"--text", "LANGUAGE=FILE", "A language version of the text (UTF-8); once for each language", true},
          {"--annex", "FILE", "A file that belongs to the text, by its digest", true}};
}
std::vector<Option> amend_options() {
  std::vector<Option> out = draft_options();
  out.push_back({"--parent", "ID", "The draft to amend (default: the newest)"});
  out.push_back({"--from-amendments", "ID", "Amendments to take over; the texts follow from them", true});
  return out;
}

}  // namespace

// The words of all commands that sign.
#define SIGNS                                                                                                        \
  "\n\nWhat will be signed is shown in words first; nothing is signed until you type yes, or with --yes. The entry " \
  "is on disk before anything else happens, carries this machine's time, and its id goes to stdout. Nothing is "     \
  "signed while the own chain may be longer than what the folder holds, or on a fork."

extern const Command command_consult_draft;
const Command command_consult_draft = {
    .name = "consult draft",
    .doc = "Table a text on an item",
    .about =
        "Tables revision 1 of a text: members and the chair may. All language versions are equally authentic; the "
        "draft names their digests, and the texts travel with it in 'consult export'." SIGNS,
    .example = "tocsin consult draft --journal item --key nor.key --text en=statement.txt --text fr=declaration.txt",
    .positional = "",
    .positional_min = 0,
    .options = signing_options(draft_options()),
    .run = run_draft,
};

extern const Command command_consult_amend;
const Command command_consult_amend = {
    .name = "consult amend",
    .doc = "Table the next revision of a text",
    .about =
        "Amends a draft: its author or the chair may. Positions on the revision before do not carry over, and a "
        "silence on it goes on until the chair ends it. Other members propose words ('consult amendment'), or break "
        "the silence. --from-amendments makes the texts from the draft and the amendments that are named: two that "
        "want the same words are refused, other language versions stay unless --text gives them." SIGNS,
    .example = "tocsin consult amend --journal item --key nor.key --text en=statement-2.txt",
    .positional = "",
    .positional_min = 0,
    .options = signing_options(amend_options()),
    .run = run_amend,
};

extern const Command command_consult_silence;
const Command command_consult_silence = {
    .name = "consult silence",
    .doc = "Put a text under silence until a deadline (chair)",
    .about =
        "Puts one exact draft under silence. --class is one of the roster's, with its minimum period, counted from "
        "when a quorum of witnesses has signed that it saw the silence: leave time for that. Warns where the "
        "deadline falls at night for a third of the members whose zone the roster gives." SIGNS,
    .example = "tocsin consult silence --journal item --key chair.key --until 2026-03-04T12:00:00Z --class normal",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({{"--until", "TIME", "The deadline, with its zone"},
                                {"--class", "NAME", "The class of the silence (default: normal)"},
                                {"--draft", "ID", "The draft (default: the newest)"}}),
    .run = run_silence,
};

extern const Command command_consult_extend;
const Command command_consult_extend = {
    .name = "consult extend",
    .doc = "Move the deadline of a silence to a later time (chair)",
    .about = "Must be signed before the deadline; also ends a suspension. A deadline never moves forward." SIGNS,
    .example = "tocsin consult extend --journal item --key chair.key --until 2026-03-05T12:00:00Z",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({{"--until", "TIME", "The new deadline, with its zone"}}),
    .run = run_extend,
};

extern const Command command_consult_suspend;
const Command command_consult_suspend = {
    .name = "consult suspend",
    .doc = "Stop the clock of a silence (chair)",
    .about = "Only an extension starts it again." SIGNS,
    .example = "tocsin consult suspend --journal item --key chair.key",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({}),
    .run = run_suspend,
};

extern const Command command_consult_withdraw;
const Command command_consult_withdraw = {
    .name = "consult withdraw",
    .doc = "Take a text back before its deadline (chair)",
    .about = "Ends the silence without a decision." SIGNS,
    .example = "tocsin consult withdraw --journal item --key chair.key",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({}),
    .run = run_withdraw,
};

extern const Command command_consult_close;
const Command command_consult_close = {
    .name = "consult close",
    .doc = "End an item, naming who is presumed silent (chair)",
    .about =
        "Shows first who passed, who would be presumed silent, how many witnesses must acknowledge that and who "
        "can, and that a close cannot be taken back. Where everybody has passed it is final at once; where not, it "
        "waits for the end of the challenge period and then for acknowledgements ('consult receipt'). --preview shows "
        "it before then." SIGNS,
    .example = "tocsin consult close --journal item --key chair.key",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({}),
    .run = run_close,
};

extern const Command command_consult_break;
const Command command_consult_break = {
    .name = "consult break",
    .doc = "Object: the text is not adopted (member)",
    .about =
        "Breaks the silence. The words are required. It counts when a quorum of witnesses holds it by the "
        "deadline, so hand it over at once; the command says by how many it is held, and 'consult status' says it "
        "again as receipts come in." SIGNS,
    .example = "tocsin consult break --journal item --key nor.key --text 'paragraph 2: use, not see'",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({text_option(), text_file_option(), wait_option()}),
    .run = run_break,
};

extern const Command command_consult_hold;
const Command command_consult_hold = {
    .name = "consult hold",
    .doc = "Ask for time (member)",
    .about =
        "Tells all that the capital needs time. It blocks nothing and stops no clock: only the chair extends." SIGNS,
    .example = "tocsin consult hold --journal item --key nor.key --text 'instructions expected tomorrow'",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({text_option(), text_file_option()}),
    .run = run_hold,
};

extern const Command command_consult_reserve;
const Command command_consult_reserve = {
    .name = "consult reserve",
    .doc = "Go along with a reservation (member)",
    .about =
        "Does not block; stands beside the decision in these words. Follow it with 'consult pass', which seals "
        "it." SIGNS,
    .example = "tocsin consult reserve --journal item --key nor.key --text 'on paragraph 3'",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({text_option(), text_file_option()}),
    .run = run_reserve,
};

extern const Command command_consult_interpret;
const Command command_consult_interpret = {
    .name = "consult interpret",
    .doc = "Go along and say how the text is read (member)",
    .about = "An interpretative statement: does not block; stands beside the decision in these words." SIGNS,
    .example = "tocsin consult interpret --journal item --key nor.key --text-file reading.txt",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({text_option(), text_file_option()}),
    .run = run_interpret,
};

extern const Command command_consult_associate;
const Command command_consult_associate = {
    .name = "consult associate",
    .doc = "Associate with a text (partner)",
    .about = "For partners on the roster: shown beside the decision, never changes it." SIGNS,
    .example = "tocsin consult associate --journal item --key jpn.key",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({text_option(), text_file_option()}),
    .run = run_associate,
};

extern const Command command_consult_position;
const Command command_consult_position = {
    .name = "consult position",
    .doc = "Take any position on a text",
    .about =
        "support, no-objection, hold, break, reserve, interpret, dissociate, abstain, recuse; associate for "
        "partners. Only break blocks." SIGNS,
    .example = "tocsin consult position --journal item --key nor.key --stance support",
    .positional = "",
    .positional_min = 0,
    .options = signing_options(
        {{"--stance", "STANCE", "What the position is"}, text_option(), text_file_option(), wait_option()}),
    .run = run_position,
};

extern const Command command_consult_retract;
const Command command_consult_retract = {
    .name = "consult retract",
    .doc = "Take back an own position other than a break",
    .about = "Must be signed before the own pass. A broken silence stays broken: ask the chair for a new one." SIGNS,
    .example = "tocsin consult retract --journal item --key nor.key --position 3fa1c0de",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({{"--position", "ID", "The position, by its id or the first eight digits of it"}}),
    .run = run_retract,
};

extern const Command command_consult_pass;
const Command command_consult_pass = {
    .name = "consult pass",
    .doc = "Give up the right to break this silence (member)",
    .about =
        "The signed form of silence: whatever any clock says, this member does not break. Where every member has "
        "passed, the item can be closed at once and no time is compared with any other." SIGNS,
    .example = "tocsin consult pass --journal item --key nor.key",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({}),
    .run = run_pass,
};

extern const Command command_consult_receipt;
const Command command_consult_receipt = {
    .name = "consult receipt",
    .doc = "Sign what this witness holds",
    .about =
        "Signs, with this machine's time, up to where this folder holds the chains of the others, where they have "
        "grown since the last receipt. Receipts prove when a silence or a break was there and acknowledge a close: "
        "sign one after each import. Where nothing is new nothing is signed." SIGNS,
    .example = "tocsin consult receipt --journal item --key nor.key --yes",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({}),
    .run = run_receipt,
};

}  // namespace tocsin::app
