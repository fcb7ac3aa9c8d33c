// tocsin consult concern, measure, amendment, reopen, lapse, option, consent, revoke, publish: what is signed and laid
// beside the text of an item.
#include <fmt/format.h>

#include "app/command.h"
#include "app/consult_desk.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "base/text.h"
#include "council/amendment.h"
#include "council/bundle.h"
#include "council/lapse.h"
#include "council/legal_basis.h"
#include "council/limits.h"
#include "council/paper_acts.h"
#include "council/publication.h"
#include "council/reopening.h"

namespace tocsin::app {
namespace {

using council::PaperPlan;
using council::Situation;

// A plan with the marking that was asked for.
int lay(const Arguments& arguments, stix::TlpColor otherwise,
        const std::function<Result<PaperPlan>(const Situation&)>& make) {
  return lay_paper(arguments, [&](const Situation& situation) -> Result<PaperPlan> {
    TRY(const stix::TlpMarking* tlp, read_tlp(arguments, otherwise));
    TRY(PaperPlan plan, make(situation));
    plan.color = tlp->color;
    return plan;
  });
}

int run_concern(const Arguments& arguments) {
  return lay(arguments, stix::TlpColor::amber, [&](const Situation& situation) -> Result<PaperPlan> {
    TRY(std::string text, read_words(arguments));
    return council::concern_paper(
        situation,
        {.text = std::move(text), .asks = as_typed(arguments, "--ask"), .evidence = arguments.values("--evidence")});
  });
}

Result<std::vector<std::pair<std::string, std::string>>> read_answers(const Arguments& arguments) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& each : as_typed(arguments, "--answer")) {
    const std::size_t equals = each.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return failure(ErrorCode::usage, "--answer is QUESTION=WORDS, not '" + each + "'");
    }
    out.emplace_back(each.substr(0, equals), each.substr(equals + 1));
  }
  return out;
}

Result<std::optional<consult::Seconds>> optional_moment(const Arguments& arguments, std::string_view option) {
  if (!arguments.has(option)) {
    return std::optional<consult::Seconds>();
  }
  TRY(const consult::Seconds at, read_moment(arguments, option));
  return std::optional(at);
}

int run_measure(const Arguments& arguments) {
  return lay(arguments, stix::TlpColor::amber, [&](const Situation& situation) -> Result<PaperPlan> {
    council::MeasureWords words;
    words.phase = arguments.value("--phase").value_or("");
    TRY(words.text, read_words(arguments));
    words.deed.action = arguments.value("--action").value_or("");
    words.deed.scope = arguments.value("--scope").value_or("own");
    words.deed.owner = arguments.value("--owner").value_or("");
    words.deed.consent = arguments.value("--consent").value_or("");
    words.deed.basis = arguments.value("--basis").value_or("");
    TRY(words.deed.answers, read_answers(arguments));
    TRY(words.started, optional_moment(arguments, "--started"));
    TRY(words.ended, optional_moment(arguments, "--ended"));
    words.courses_of_action = arguments.values("--course-of-action");
    words.follows = arguments.value("--follows").value_or("");
    return council::measure_paper(situation, words);
  });
}

int run_amendment(const Arguments& arguments) {
  return lay(arguments, stix::TlpColor::amber, [&](const Situation& situation) -> Result<PaperPlan> {
    council::AmendmentWords words;
    if (const auto named = arguments.value("--draft")) {
      TRY(words.draft, council::find_id(situation.item, *named));
    }
    const auto number = parse_uint64(arguments.value("--paragraph").value_or(""));
    if (!number) {
      return failure(ErrorCode::usage, "--paragraph NUMBER is needed", {}, "'tocsin statement read FILE' numbers them");
    }
    words.paragraph = static_cast<std::size_t>(*number);
    words.language = arguments.value("--language").value_or("");
    words.operation = arguments.value("--operation").value_or("replace");
    words.old_words = arguments.value("--old").value_or("");
    words.new_words = arguments.value("--new").value_or("");
    TRY(words.text, read_words(arguments));
    return council::amendment_paper(situation, words);
  });
}

int run_reopen(const Arguments& arguments) {
  return lay(arguments, stix::TlpColor::amber, [&](const Situation& situation) -> Result<PaperPlan> {
    TRY(const auto ended, read_ended(arguments, situation.item.roster().hash));
    if (ended == nullptr) {
      return failure(ErrorCode::usage, "--ended PATH is needed", {},
                     "the folder of the ended item, or an exported one");
    }
    TRY(std::string text, read_words(arguments));
    return council::reopening_paper(situation, {.evidence = arguments.values("--evidence"), .text = std::move(text)},
                                    *ended->item);
  });
}

int run_lapse(const Arguments& arguments) {
  return lay(arguments, stix::TlpColor::amber, [&](const Situation& situation) -> Result<PaperPlan> {
    const auto days = parse_uint64(arguments.value("--after").value_or(""));
    if (!days) {
      return failure(ErrorCode::usage, "--after DAYS is needed", {}, "--after 30");
    }
    return council::lapse_paper(situation, static_cast<std::size_t>(*days));
  });
}

int run_option(const Arguments& arguments) {
  if (const auto basis = arguments.value("--blank")) {
    const auto form = council::option_form(*basis);
    if (!form) {
      return report_error(form.error());
    }
    write_out(*form);
    return finish_out(exit_nothing_found);
  }
  const auto path = arguments.value("--form");
  if (!path) {
    return report_error({ErrorCode::usage,
                         "--form FILE is needed",
                         {},
                         "'tocsin consult option --blank BASIS' prints the form to fill in; the bases are " +
                             council::legal_basis_codes()});
  }
  return lay(arguments, stix::TlpColor::amber, [&](const Situation& situation) -> Result<PaperPlan> {
    TRY(const std::string form, read_whole(*path, council::limits::paper_bytes_max));
    return council::option_paper(situation, form);
  });
}

int run_consent(const Arguments& arguments) {
  return lay(arguments, stix::TlpColor::amber, [&](const Situation& situation) -> Result<PaperPlan> {
    council::ConsentWords words;
    words.scope = arguments.values("--scope");
    TRY(words.until, read_moment(arguments, "--until"));
    TRY(words.text, read_words(arguments));
    return council::consent_paper(situation, words);
  });
}

int run_revoke(const Arguments& arguments) {
  return lay(arguments, stix::TlpColor::amber, [&](const Situation& situation) {
    return council::revocation_paper(situation, arguments.value("--consent").value_or(""));
  });
}

// What readers get is made from a bundle that was verified like anybody else's.
Result<void> write_published(const Arguments& arguments) {
  TRY(const auto read, read_item(arguments));
  const std::string text = council::write_bundle(*read->item);
  if (const auto out = arguments.value("--out")) {
    TRY_VOID(write_file(*out, text));
  }
  const std::vector<std::string> pages = arguments.values("--page");
  if (pages.empty()) {
    return {};
  }
  TRY(const council::TimeWords time, reader_time(arguments));
  TRY(const council::Bundle bundle, council::read_bundle(text));
  consult::Ed25519Verifier verifier;
  const council::Hash& roster = read->item->roster().hash;
  const council::Verdict verdict =
      council::verify_bundle(bundle, {.roster = roster, .as_of = now_seconds()}, verifier, time);
  const std::string hash = consult::hex(roster);
  const council::PageOptions options{.roster = hash, .time = time};
  for (const std::string& path : pages) {
    TRY(const std::string page, path.ends_with(".html") ? council::statement_html(verdict, options)
                                                        : council::statement_text(verdict, options));
    TRY_VOID(write_file(path, page));
  }
  return {};
}

int run_publish(const Arguments& arguments) {
  const int exit = lay(arguments, stix::TlpColor::clear, [&](const Situation& situation) {
    return council::publication_paper(situation, {.title = arguments.value("--title").value_or(""),
                                                  .issuer = arguments.value("--issuer").value_or("")});
  });
  if (exit != exit_nothing_found) {
    return exit;
  }
  const auto written = write_published(arguments);
  return written ? exit : report_error(written.error());
}

std::vector<Option> reopen_options() {
  std::vector<Option> out = ended_options();
  out.push_back({"--evidence", "ID", "A STIX object that shows what is new", true});
  out.push_back({"--text", "WORDS", "What is new"});
  out.push_back(text_file_option());
  return out;
}

std::vector<Option> paper_options(std::vector<Option> more) {
  more.push_back({"--tlp", "COLOUR", "clear, green, amber (default), amber+strict or red"});
  return signing_options(std::move(more));
}

}  // namespace

#define LAYS                                                                                                          \
  "\n\nIt is an object of its own, signed by its author, kept with the journal and handed over by 'consult export'; " \
  "the state of the item does not depend on it. What will be signed is shown in words first; nothing is signed "      \
  "until you type yes, or with --yes."
#define GATED                                                                                                      \
  "The defensive gate (docs/gate.md) is asked first: allowed, allowed with the owner's signature, with consent, "  \
  "recorded only, or refused. A refusal is signed and kept too: who, the digest of the text, and the rule; exit "  \
  "code 1. The questions that belong to the basis in law are asked and the answers recorded; no advice is given. " \
  "\"Not known\" is an answer."

extern const Command command_consult_concern;
const Command command_consult_concern = {
    .name = "consult concern",
    .doc = "Raise a concern beside the text of an item",
    .about =
        "Says what worries a delegation, what it asks of the others, and on which evidence. Members and partners do; "
        "the chair has no national voice." LAYS,
    .example =
        "tocsin consult concern --journal item --key est.key --text 'Our registry was read.' --ask 'Look for it too'",
    .positional = "",
    .positional_min = 0,
    .options = paper_options({{"--text", "WORDS", "What the concern is"},
                              text_file_option(),
                              {"--ask", "WORDS", "What is asked of the others", true},
                              {"--evidence", "ID", "A STIX object that shows it", true}}),
    .run = run_concern,
};

extern const Command command_consult_measure;
const Command command_consult_measure = {
    .name = "consult measure",
    .doc = "Tell of a national measure: planned, done or ended",
    .about =
        "Says what a nation does or did by itself, on which basis in law. A later phase follows an earlier one "
        "(--follows); both are kept. Sovereign acts (countermeasures, sanctions, seizures by a court) are recorded as "
        "the nation's own declaration, without plans or targets.\n\n" GATED LAYS,
    .example =
        "tocsin consult measure --journal item --key nor.key --phase done --action patch --text 'All mail servers' "
        "--basis own-systems --answer 'authority=Security Act'",
    .positional = "",
    .positional_min = 0,
    .options = paper_options({{"--phase", "PHASE", "planned, done or ended"},
                              {"--text", "WORDS", "What is done"},
                              text_file_option(),
                              {"--action", "NAME", "What the gate is asked about: patch, evict, notify…"},
                              {"--scope", "SCOPE", "Whose systems: own (default), other, third-party"},
                              {"--owner", "NAME", "Whose they are, as the roster names it"},
                              {"--consent", "ID", "The owner's consent ('consult consent')"},
                              {"--basis", "NAME", "The basis in law"},
                              {"--answer", "QUESTION=WORDS", "An answer to a question of that basis", true},
                              {"--started", "TIME", "Since when, with its zone"},
                              {"--ended", "TIME", "Until when, with its zone"},
                              {"--course-of-action", "ID", "A STIX object that describes it", true},
                              {"--follows", "ID", "The earlier phase of this measure"}}),
    .run = run_measure,
};

extern const Command command_consult_amendment;
const Command command_consult_amendment = {
    .name = "consult amendment",
    .doc = "Propose other words for a paragraph of a text",
    .about =
        "Names a paragraph of a draft by its number and hashes, and what is to change there: --operation replace "
        "(default), insert-after or delete, with the words that stand there (--old, once in the paragraph; without it "
        "the whole paragraph is meant, and insert-after makes a new paragraph) and the new ones (--new). 'consult "
        "status' shows it as a difference of words. It binds to that text by its hash: when a revision follows it is "
        "stale, and whether its words were accepted is read from the texts. Whoever tabled the text takes amendments "
        "over with 'consult amend --from-amendments'. It breaks no silence. Members and the chair amend." LAYS,
    .example =
        "tocsin consult amendment --journal item --key est.key --paragraph 2 --old 'see NATO' --new 'use NATO' --text "
        "'as in the communiqué'",
    .positional = "",
    .positional_min = 0,
    .options = paper_options({{"--paragraph", "NUMBER", "The paragraph"},
                              {"--operation", "NAME", "replace (default), insert-after or delete"},
                              {"--old", "WORDS", "The words that stand there (default: the whole paragraph)"},
                              {"--new", "WORDS", "The words that are to stand there"},
                              {"--language", "LANGUAGE", "Of which version (default: the only one, else en)"},
                              {"--draft", "ID", "The draft (default: the newest)"},
                              {"--text", "WORDS", "Why"},
                              text_file_option()}),
    .run = run_amendment,
};

extern const Command command_consult_reopen;
const Command command_consult_reopen = {
    .name = "consult reopen",
    .doc = "Take up again what was decided, in a new item",
    .about =
        "Says in a new item ('consult open') that it takes up an ended one: which, with which decision, and on what "
        "evidence that was not before its members. Refused where the ended item (--ended) is not adopted, or its "
        "papers named all of that evidence before its close. The decision stands. Whoever has the ended item at hand "
        "checks that with 'consult status --ended' or 'consult verify --ended'. Members and the chair reopen." LAYS,
    .example =
        "tocsin consult reopen --journal new --key est.key --ended item --evidence "
        "incident--7c3e1c52-2f0b-4ab5-8a1e-5b6f4c0d1e01 --text 'It went on in August.'",
    .positional = "",
    .positional_min = 0,
    .options = paper_options(reopen_options()),
    .run = run_reopen,
};

extern const Command command_consult_lapse;
const Command command_consult_lapse = {
    .name = "consult lapse",
    .doc = "Say after how many days without an entry an item lapses (chair)",
    .about =
        "From then on 'consult status' and 'consult verify' show the item as lapsed where nobody signed an entry for "
        "so "
        "long, and warn before. It is a view of the moment that is asked about: nothing is ended by it, and any entry "
        "takes the item up again. The newest order holds." LAYS,
    .example = "tocsin consult lapse --journal item --key chair.key --after 30",
    .positional = "",
    .positional_min = 0,
    .options = paper_options({{"--after", "DAYS", "Days without an entry"}}),
    .run = run_lapse,
};

extern const Command command_consult_option;
const Command command_consult_option = {
    .name = "consult option",
    .doc = "Table an option for a collective response",
    .about =
        "First --blank BASIS prints the form as JSON, with the questions for that basis in law; --form FILE tables it "
        "when it is filled in: objective, addressee, what is done on whose systems, the answers, proportionality in "
        "the seven words of the European Union's test (0 to 4 each), whether it can be undone, its effect on third "
        "parties, when and how it ends. \"source\" may hold a playbook ({\"format\": \"cacao\", \"object\": {…}}): the "
        "gate reads it, nothing runs it. Members and the chair table options.\n\n" GATED LAYS,
    .example = "tocsin consult option --blank own-systems > form.json",
    .positional = "",
    .positional_min = 0,
    .options =
        paper_options({{"--blank", "BASIS", "Print the form to fill in"}, {"--form", "FILE", "The form, filled in"}}),
    .run = run_option,
};

extern const Command command_consult_consent;
const Command command_consult_consent = {
    .name = "consult consent",
    .doc = "Consent to what others do on one's own systems",
    .about =
        "An option or measure on another's systems needs the owner's consent: what it covers (actions, hosts, kinds "
        "of system, as docs/gate.md says) and until when. 'consult revoke' ends it at once, for what rests on it "
        "too." LAYS,
    .example =
        "tocsin consult consent --journal item --key pol.key --scope remote-forensics --until 2026-08-01T00:00:00Z "
        "--text 'for the mail servers of the ministry'",
    .positional = "",
    .positional_min = 0,
    .options = paper_options({{"--scope", "NAME", "What it covers", true},
                              {"--until", "TIME", "When it ends, with its zone"},
                              {"--text", "WORDS", "What it is for"},
                              text_file_option()}),
    .run = run_consent,
};

extern const Command command_consult_revoke;
const Command command_consult_revoke = {
    .name = "consult revoke",
    .doc = "Revoke a consent, at once",
    .about =
        "Only who gave a consent revokes it. From then on the gate refuses what rests on it: such options are shown as "
        "not allowed, and neither handed over nor taken in." LAYS,
    .example = "tocsin consult revoke --journal item --key pol.key --consent 3fa1c0de",
    .positional = "",
    .positional_min = 0,
    .options = paper_options({{"--consent", "ID", "The consent; eight digits are enough"}}),
    .run = run_revoke,
};

extern const Command command_consult_publish;
const Command command_consult_publish = {
    .name = "consult publish",
    .doc = "Publish the agreed text as a statement with its proof (chair)",
    .about =
        "Only where the text is adopted and final; what an exercise publishes must say EXERCISE in its title or in the "
        "first "
        "line of its texts, and proves nothing. The statement names the decision, the digests of all language "
        "versions and the hashes of their paragraphs; 'consult verify' computes all of that anew from the exported "
        "item. --page writes what readers get, as text or as a page that prints well (.html): the text, the "
        "interpretative statements and reservations, and how to check it; --out writes the proof. Marked TLP:CLEAR "
        "unless told otherwise." LAYS,
    .example =
        "tocsin consult publish --journal item --key chair.key --issuer 'The Council' --page statement.html --out "
        "proof.bundle",
    .positional = "",
    .positional_min = 0,
    .options = signing_options({{"--issuer", "NAME", "In whose name"},
                                {"--title", "TITLE", "Of the statement (default: the item's)"},
                                {"--page", "FILE", "Write what readers get: text, or a page (.html)", true},
                                {"--out", "FILE", "Write the item with the statement: its proof"},
                                {"--tlp", "COLOUR", "clear (default), green, amber, amber+strict or red"}}),
    .run = run_publish,
};

}  // namespace tocsin::app
