// tocsin statement read, compare, clauses, verify: what statements say, and how two texts of one differ.
#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "app/command.h"
#include "app/commands/statement_confirm.h"
#include "app/consult_desk.h"
#include "app/standard_output.h"
#include "app/statement_files.h"
#include "app/whole_file.h"
#include "council/bundle.h"
#include "council/limits.h"
#include "council/publication.h"
#include "council/verdict.h"
#include "report/visible.h"
#include "speech/compare.h"
#include "speech/compare_page.h"
#include "speech/statement_json.h"

namespace tocsin::app {
namespace {

using speech::Comparison;
using speech::Difference;
using speech::DifferenceClass;
using speech::Manifestation;

int run_read(const Arguments& arguments) {
  std::vector<Manifestation> read;
  if (const int failed = read_statements(arguments.positional, read); failed != 0) {
    return failed;
  }
  if (arguments.has("--json")) {
    write_out(speech::statement_json({.manifestations = read}) + "\n");
    return finish_out(exit_nothing_found);
  }
  for (const Manifestation& one : read) {
    print_out("{}\n", report::visible(one.file));
    const auto line = [](std::string_view name, std::string_view value) {
      if (!value.empty()) {
        print_out("  {:<13} {}\n", name, report::visible(value));
      }
    };
    line("work", speech::work_id(one));
    line("title", one.title);
    line("issuer", one.issuer);
    line("issued", one.issued);
    line("reference", one.reference);
    line("last updated", one.last_updated);
    line("language", one.language);
    line("text L1", one.text_l1);
    line("file SHA-256", one.raw_sha256);
    print_out("  {:<13} {}{}\n", "paragraphs", one.paragraphs.size(),
              one.numbered ? "" : " (numbers are assigned, not printed)");
    for (const speech::Paragraph& paragraph : one.paragraphs) {
      print_out("\n{}. {}\n   L1 {}\n   L2 {}\n", paragraph.number, report::visible(paragraph.text), paragraph.l1,
                paragraph.l2);
    }
    for (const std::size_t number : one.incomplete) {
      print_out("\nParagraph {} ends in the middle of a sentence: this copy may be cut.\n", number);
    }
    const auto list = [](std::string_view name, const std::vector<std::string>& lines) {
      if (!lines.empty()) {
        print_out("\n{}:\n", name);
      }
      for (const std::string& text : lines) {
        print_out("  {}\n", report::visible(text));
      }
    };
    list("Before the first paragraph", one.header);
    list("After the last paragraph", one.footer);
    if (one.dropped_total != 0) {
      print_out("\nSet aside ({}):\n", one.dropped_total);
    }
    for (const speech::Dropped& line_aside : one.dropped) {
      print_out("  line {}: {}: {}\n", line_aside.line, line_aside.reason, report::visible(line_aside.text));
    }
  }
  return finish_out(exit_nothing_found);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    out += (out.empty() ? "" : ", ") + report::visible(text);
  }
  return out;
}

int run_clauses(const Arguments& arguments) {
  std::vector<Manifestation> read;
  if (const int failed = read_statements(arguments.positional, read); failed != 0) {
    return failed;
  }
  std::vector<speech::Clauses> clauses;
  for (const Manifestation& one : read) {
    clauses.push_back(speech::find_clauses(one));
    if (!one.language.empty() && one.language != "en") {
      message(
          fmt::format("{}: clauses are found in English only; this text seems to be \"{}\"", one.file, one.language));
    }
    if (clauses.back().truncated) {
      message(fmt::format("{}: more clauses than are kept; the rest is left out", one.file));
    }
  }
  std::optional<Comparison> comparison;
  if (read.size() == 2) {
    comparison = speech::compare(read[0], read[1]);
  }
  if (arguments.has("--json")) {
    write_out(speech::statement_json(
                  {.manifestations = read, .clauses = &clauses, .comparison = comparison ? &*comparison : nullptr}) +
              "\n");
    return finish_out(exit_nothing_found);
  }
  for (std::size_t i = 0; i < read.size(); ++i) {
    print_out("{}{}: {} clauses proposed; a person confirms\n", i == 0 ? "" : "\n", report::visible(read[i].file),
              clauses[i].clauses.size());
    for (const speech::Clause& one : clauses[i].clauses) {
      const std::string strength = one.strength == 0 ? std::string() : fmt::format(" {}", one.strength);
      print_out("\n{:<5} {:<12} {}{}  (confidence {:.2f})\n      {} · {} · {}\n", one.id,
                speech::clause_kind_text(one.kind), one.act.empty() ? "-" : one.act, strength, one.confidence,
                report::visible(one.actor), report::visible(one.verb), report::visible(one.object));
      const auto line = [](std::string_view name, const std::string& text) {
        if (!text.empty()) {
          print_out("      {}: {}\n", name, text);
        }
      };
      std::vector<std::string> addressees = one.addressee_set;
      addressees.insert(addressees.end(), one.addressee_named.begin(), one.addressee_named.end());
      line("to", joined(addressees));
      line("hedges", joined(one.hedges));
      line("cites", joined(one.cites));
      if (one.about_attribution) {
        line("attribution", one.attributes ? "made here" : "of others, not made here");
        line("by", joined(one.claimants) + (one.claimants_open ? " (and maybe others)" : ""));
        line("against", report::visible(one.attributed_to));
      }
    }
  }
  return finish_out(exit_nothing_found);
}

// A paragraph's word with what replaced it, in colour or in brackets.
std::string replaced(std::string_view gone, std::string_view come, bool colour) {
  std::string out;
  if (!gone.empty()) {
    out += colour ? "\x1b[31m" : "[-";
    out += report::visible(gone);
    out += colour ? "\x1b[0m" : "-]";
  }
  if (!come.empty()) {
    out += out.empty() ? "" : " ";
    out += colour ? "\x1b[32m" : "{+";
    out += report::visible(come);
    out += colour ? "\x1b[0m" : "+}";
  }
  return out;
}

// Each paragraph of a that has differences, whole, with them marked at their places.
void print_differences(const Manifestation& a, const Manifestation& b, const Comparison& comparison, bool colour) {
  std::size_t next = 0;
  const std::vector<Difference>& all = comparison.differences;
  while (next < all.size()) {
    const std::size_t index = all[next].a_paragraph;
    std::size_t end = next;
    while (end < all.size() && all[end].a_paragraph == index) {
      ++end;
    }
    const std::string_view text = index < a.paragraphs.size() ? std::string_view(a.paragraphs[index].text) : "";
    print_out("\nParagraph {}\n  ", index < a.paragraphs.size() ? a.paragraphs[index].number : all[next].paragraph);
    std::size_t at = 0;
    for (std::size_t i = next; i < end; ++i) {
      const Difference& one = all[i];
      if (one.a_span.begin >= at && one.a_span.end <= text.size()) {
        write_out(report::visible(text.substr(at, one.a_span.begin - at)));
        at = one.a_span.end;
      }
      const std::string_view gone =
          text.substr(std::min(one.a_span.begin, text.size()), one.a_span.end - one.a_span.begin);
      const std::string_view come = one.b_paragraph < b.paragraphs.size()
                                        ? std::string_view(b.paragraphs[one.b_paragraph].text)
                                              .substr(one.b_span.begin, one.b_span.end - one.b_span.begin)
                                        : std::string_view();
      write_out((gone.empty() ? " " : "") + replaced(gone, come, colour));
    }
    write_out(report::visible(text.substr(std::min(at, text.size()))) + "\n");
    for (std::size_t i = next; i < end; ++i) {
      print_out("  {:<14} sentence {}: {} → {}\n", speech::difference_class_text(all[i].kind), all[i].sentence,
                all[i].a.empty() ? "(nothing)" : "\"" + report::visible(all[i].a) + "\"",
                all[i].b.empty() ? "(nothing)" : "\"" + report::visible(all[i].b) + "\"");
    }
    next = end;
  }
}

std::string counted(const Comparison& comparison) {
  std::string out;
  for (const DifferenceClass kind :
       {DifferenceClass::wording, DifferenceClass::spelling, DifferenceClass::encoding_loss,
        DifferenceClass::translation, DifferenceClass::typographic}) {
    std::size_t count = 0;
    for (const Difference& one : comparison.differences) {
      count += one.kind == kind ? 1 : 0;
    }
    if (count != 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, speech::difference_class_text(kind));
    }
  }
  return out;
}

void print_outside(const Manifestation& one) {
  const std::size_t lines = one.header.size() + one.footer.size() + one.dropped_total;
  if (lines != 0) {
    print_out("{}: {} line{} outside the paragraphs not compared (see statement read)\n", report::visible(one.file),
              lines, lines == 1 ? "" : "s");
  }
}

int write_page(const std::string& name, const std::string& page) {
  const File file(std::fopen(name.c_str(), "wb"));
  const bool written = file != nullptr && std::fwrite(page.data(), 1, page.size(), file.get()) == page.size() &&
                       std::fflush(file.get()) == 0;
  return written
             ? 0
             : report_error({ErrorCode::io, "cannot be written", {.source = name}, "check the folder and its rights"});
}

int run_pair(const Arguments& arguments, const std::vector<Manifestation>& read, bool verifying) {
  const Comparison comparison = speech::compare(read[0], read[1]);
  std::vector<speech::Clauses> clauses;
  for (const Manifestation& one : read) {
    clauses.push_back(speech::find_clauses(one));
  }
  const int exit = comparison.findings() != 0 || comparison.truncated ? exit_found : exit_nothing_found;
  if (const auto page = arguments.value("--html")) {
    if (const int failed = write_page(*page, speech::compare_page(read[0], read[1], comparison)); failed != 0) {
      return failed;
    }
  }
  if (arguments.has("--json")) {
    write_out(speech::statement_json({.manifestations = read, .clauses = &clauses, .comparison = &comparison}) + "\n");
    return finish_out(exit);
  }
  const bool colour = terminal_options(false).colour;
  if (comparison.differences.empty()) {
    write_out(verifying ? "The words are the published ones.\n"
                        : "identical: every paragraph has the same words, set in the same way\n");
  } else {
    const bool light = comparison.findings() == 0;
    print_out("{}: {}\n",
              verifying ? light ? "The words are the published ones; they are set differently"
                                : "This is not the published text"
                        : "Differences",
              counted(comparison));
    if (verifying) {
      write_out("Marked below: {+received+} in place of [-published-].\n");
    }
    print_differences(read[0], read[1], comparison, colour);
  }
  if (!comparison.same_paragraphs) {
    write_out("\nThe same words stand in other paragraphs in the two texts.\n");
  }
  if (comparison.truncated) {
    write_out("\nThe texts are too long to be compared whole: the rest was not compared.\n");
  }
  write_out("\n");
  print_outside(read[0]);
  print_outside(read[1]);
  return finish_out(exit);
}

int run_compare(const Arguments& arguments) {
  if (arguments.positional.size() != 2) {
    return report_error({ErrorCode::usage, "two files are compared", {}, "tocsin statement compare A B"});
  }
  std::vector<Manifestation> read;
  const int failed = read_statements(arguments.positional, read);
  return failed != 0 ? failed : run_pair(arguments, read, false);
}

// The statement that a proof carries, once everything in the proof was computed anew.
Result<Manifestation> published_in(const Arguments& arguments, const std::string& name) {
  const auto roster = consult::parse_hash(arguments.value("--roster").value_or(""));
  if (!roster) {
    return failure(ErrorCode::usage, "--roster HASH is needed with --proof", {},
                   "the one thing that you must know by another way; the issuer tells it");
  }
  TRY(const std::string text, read_whole(name, council::limits::journal_bytes_max));
  TRY(const council::Bundle bundle, council::read_bundle(text));
  TRY(const council::TimeWords time, reader_time(arguments));
  consult::Ed25519Verifier verifier;
  const council::Verdict verdict =
      council::verify_bundle(bundle, {.roster = *roster, .as_of = now_seconds()}, verifier, time);
  if (!verdict.final() || !verdict.findings.empty()) {
    return failure(ErrorCode::damaged,
                   "the proof does not prove a published statement: " +
                       (verdict.final() ? report::visible(verdict.findings.front()) : verdict.headline),
                   {.source = name}, "'tocsin consult verify' says more");
  }
  TRY(const std::string published, council::published_text(verdict, arguments.value("--language").value_or("")));
  message("the published text is proven: " + verdict.headline);
  return speech::read_manifestation(published, "published");
}

int run_verify(const Arguments& arguments) {
  if (arguments.has("--clauses")) {
    return check_confirmed_clauses(arguments);
  }
  const auto published = arguments.value("--against");
  const auto proof = arguments.value("--proof");
  if (published.has_value() == proof.has_value() || arguments.positional.size() != 1) {
    return report_error({ErrorCode::usage,
                         "one received text is verified against the published one, or against its proof",
                         {},
                         "tocsin statement verify RECEIVED --against PUBLISHED, or --proof BUNDLE --roster HASH"});
  }
  std::vector<Manifestation> read;
  if (proof) {
    auto statement = published_in(arguments, *proof);
    if (!statement) {
      return report_error(statement.error());
    }
    read.push_back(*std::move(statement));
  }
  // Shown from the published text to the received one.
  std::vector<std::string> names = published ? std::vector<std::string>{*published} : std::vector<std::string>{};
  names.push_back(arguments.positional.front());
  const int failed = read_statements(names, read);
  return failed != 0 ? failed : run_pair(arguments, read, true);
}

constexpr Option json_option{"--json", "", "One JSON document on standard output (docs/statements.md)"};
constexpr Option html_option{"--html", "FILE", "Also write both texts side by side as a page without scripts"};

}  // namespace

extern const Command command_statement_read;
const Command command_statement_read = {
    .name = "statement read",
    .doc = "Show the paragraphs of a statement with their hashes",
    .about =
        "Reads an official statement from text or HTML and prints what it says of itself, its paragraphs in canonical "
        "form with two hashes each, and every line that was set aside, with the reason. L1 is the SHA-256 of the "
        "canonical "
        "text; L2 that of its casefolded letters and digits only. Equal L1: the same text. Equal L2 only: the same "
        "words, "
        "set differently. The text of a PDF is taken out by the system's pdftotext, in a process of its own, where it "
        "is installed.",
    .example = "tocsin statement read statement.html --json",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {json_option},
    .run = run_read,
};

extern const Command command_statement_compare;
const Command command_statement_compare = {
    .name = "statement compare",
    .doc = "Say how two texts of a statement differ, word by word",
    .about =
        "Compares the paragraphs of two texts and names each difference: wording (other words), spelling (destabilize, "
        "destabilise), encoding-loss (letters that an extraction lost), translation (two languages), typographic "
        "(punctuation, case, hyphens). It does not say which text is right. Exit code 1 where anything but typography "
        "differs, else 0.",
    .example = "tocsin statement compare mailed.txt page.html --html side-by-side.html",
    .positional = "A B",
    .positional_min = 2,
    .options = {json_option, html_option},
    .run = run_compare,
};

extern const Command command_statement_clauses;
const Command command_statement_clauses = {
    .name = "statement clauses",
    .doc = "Propose what each clause of a statement does: actor, act, strength, addressee",
    .about =
        "Takes the sentences of an English statement apart and proposes its clauses: who acts, by which verb, which "
        "act that "
        "is (condemn, acknowledge, call-on, commit…) and how strong, about what, to whom, with which hedges and "
        "citations. "
        "Acknowledging somebody's attribution is never shown as attributing. Each proposal has a confidence: a person "
        "confirms. Several files are taken as texts of one statement.",
    .example = "tocsin statement clauses statement.txt --json | jq '.clauses[] | {id, actor, act}'",
    .positional = "FILE…",
    .positional_min = 1,
    .options = {json_option},
    .run = run_clauses,
};

extern const Command command_statement_verify;
const Command command_statement_verify = {
    .name = "statement verify",
    .doc = "Check a received text against the published one",
    .about =
        "Says whether the words of a text that somebody received are those of the published text, and which words are "
        "not. With --proof the published text comes from an exported consultation, whose decision is computed anew "
        "first. "
        "Exit code 0: the words are the published ones; 1: they are not; 2: one of the texts cannot be read. Only "
        "paragraphs are compared; lines around them are counted and said.",
    .example = "tocsin statement verify received.txt --against published.html",
    .positional = "RECEIVED",
    .positional_min = 1,
    .options = {{"--against", "FILE", "The published text"},
                {"--proof", "BUNDLE", "The published statement with its proof ('consult publish --out')"},
                {"--roster", "HASH", "With --proof: the roster that is trusted"},
                {"--language", "TAG", "With --proof: which language version (default: English, or the only one)"},
                {"--clauses", "FILE",
                 "Instead: check a signed table of clauses ('statement confirm') against the text"},
                {"--keys", "FILE", "With --clauses: public keys of those who may sign one, one a line", true},
                zone_option(),
                json_option,
                html_option},
    .run = run_verify,
};

}  // namespace tocsin::app
