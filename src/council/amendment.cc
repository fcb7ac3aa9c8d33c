#include "council/amendment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "council/limits.h"
#include "report/visible.h"
#include "speech/canonical.h"
#include "speech/compare.h"
#include "speech/lines.h"
#include "speech/manifestation.h"
#include "trust/digest.h"

namespace tocsin::council {
namespace {

using consult::Kind;
using consult::Role;
using report::visible;
using speech::Manifestation;

std::unexpected<Error> misfit(std::string why) { return failure(ErrorCode::damaged, std::move(why)); }

std::string quoted(std::string_view text) { return "\"" + visible(text) + "\""; }

// Words as they stand in canonical paragraphs.
std::string canonical_words(std::string_view text) {
  std::string folded = speech::fold_characters(text);
  std::ranges::replace(folded, '\n', ' ');
  return speech::join_lines({folded});
}

// ---- The text that is amended ------------------------------------------------------------------------------

struct DraftText {
  const Item::Held* draft = nullptr;
  const Manifest* manifest = nullptr;
  const Text* text = nullptr;
  Manifestation read;
};

// Errors as amendment_fits().
Result<DraftText> text_of_draft(const Item& item, const Hash& draft, std::string_view language) {
  DraftText out;
  out.draft = item.find(draft);
  if (out.draft == nullptr || !item.counts(draft) || out.draft->entry->kind != Kind::draft) {
    return refuse("the draft " + short_id(draft) + " is not held here");
  }
  out.manifest = item.manifest(body_text(*out.draft->entry, "text_sha256"));
  if (out.manifest == nullptr) {
    return refuse("the texts of the draft are not held here", "import them from whoever tabled it");
  }
  const auto version = std::ranges::find(out.manifest->texts, language, &Manifest::Version::language);
  if (version == out.manifest->texts.end()) {
    return misfit("the draft has no text in language " + quoted(language));
  }
  out.text = item.text(version->sha256);
  if (out.text == nullptr) {
    return refuse("the text in language " + visible(language) + " is not held here");
  }
  if (out.text->text.size() > limits::amended_text_bytes_max) {
    return misfit("the text is too long to be amended by paragraphs");
  }
  auto read = speech::read_manifestation(out.text->text, version->language);
  if (!read) {
    return misfit("the text of the draft has no paragraphs: " + read.error().message);
  }
  out.read = *std::move(read);
  return out;
}

// Drafts that count and amend this one.
std::vector<const Item::Held*> revisions_after(const Item& item, const Hash& draft) {
  std::vector<const Item::Held*> out;
  for (const Item::Held& held : item.entries()) {
    const consult::Entry& entry = *held.entry;
    if (entry.well_formed && entry.kind == Kind::draft && entry.subject && *entry.subject == draft &&
        item.find(entry.id)->entry == held.entry && item.counts(entry.id)) {
      out.push_back(&held);
    }
  }
  return out;
}

// ---- One change --------------------------------------------------------------------------------------------

struct Edit {
  std::size_t paragraph = 0;  // index
  std::size_t begin = 0;      // the words that it is about, in bytes of the canonical paragraph
  std::size_t end = 0;
  bool new_paragraph = false;
  std::string text;  // stands there instead, or is the new paragraph
};

bool letter_at(std::string_view text, std::size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  return c >= 0x80 || speech::is_word_character(c);
}

// The one place of `words` in a paragraph, not inside other words.
Result<std::size_t> place_of(std::string_view paragraph, std::string_view words) {
  std::optional<std::size_t> found;
  for (std::size_t at = paragraph.find(words); at != std::string_view::npos; at = paragraph.find(words, at + 1)) {
    const std::size_t end = at + words.size();
    const bool cuts_before = at > 0 && letter_at(paragraph, at - 1) && letter_at(paragraph, at);
    const bool cuts_after = end < paragraph.size() && letter_at(paragraph, end - 1) && letter_at(paragraph, end);
    if (cuts_before || cuts_after) {
      continue;
    }
    if (found) {
      return misfit("the paragraph holds the words " + quoted(words) + " more than once: name more of them");
    }
    found = at;
  }
  if (!found) {
    return misfit("the paragraph does not hold the words " + quoted(words));
  }
  return *found;
}

Result<Edit> edit_of(const Paper& paper, const Manifestation& text) {
  const std::size_t number = paper.number("paragraph");
  const auto paragraph = std::ranges::find(text.paragraphs, number, &speech::Paragraph::number);
  if (paragraph == text.paragraphs.end()) {
    return misfit(fmt::format("the text has no paragraph {}", number));
  }
  if (paper.text("paragraph_l1") != paragraph->l1 || paper.text("paragraph_l2") != paragraph->l2) {
    return misfit(fmt::format("paragraph {} of the text has another hash than the amendment names", number));
  }
  const std::string_view operation = paper.text("operation");
  const std::string old_words = canonical_words(paper.text("old_words"));
  Edit out{.paragraph = static_cast<std::size_t>(paragraph - text.paragraphs.begin()),
           .text = canonical_words(paper.text("new_words"))};
  const bool inserts = operation == "insert-after";
  if (operation != "replace" && operation != "delete" && !inserts) {
    return misfit("'" + visible(operation) + "' is no way to amend");
  }
  if (out.text.empty() != (operation == "delete") || (old_words.empty() && !inserts)) {
    return misfit("old or new words are missing, or too many");
  }
  if (old_words.empty()) {
    out.begin = out.end = paragraph->text.size();
    out.new_paragraph = true;
    return out;
  }
  TRY(out.begin, place_of(paragraph->text, old_words));
  out.end = out.begin + old_words.size();
  if (inserts) {
    const bool close = std::string_view(",.;:!?)").find(out.text.front()) != std::string_view::npos;
    out.text = old_words + (close ? "" : " ") + out.text;
  }
  if (out.text == old_words) {
    return misfit("it changes nothing");
  }
  return out;
}

// The paragraphs with all changes in them; one that lost all its words is gone (empty). `after` are new ones behind it.
struct Amended {
  std::vector<std::string> texts;                     // as many as paragraphs
  std::map<std::size_t, std::string> new_paragraphs;  // by the index of the paragraph before
};
Amended amended_by(std::vector<Edit> edits, const Manifestation& text) {
  Amended out;
  for (const speech::Paragraph& paragraph : text.paragraphs) {
    out.texts.push_back(paragraph.text);
  }
  std::ranges::sort(edits, std::greater(), &Edit::begin);  // from behind: places before stay
  for (const Edit& edit : edits) {
    if (edit.new_paragraph) {
      out.new_paragraphs[edit.paragraph] = edit.text;
    } else {
      out.texts[edit.paragraph].replace(edit.begin, edit.end - edit.begin, edit.text);
    }
  }
  for (std::string& each : out.texts) {
    each = speech::join_lines({std::string(each)});
  }
  return out;
}
std::vector<std::string> paragraphs_of(const Amended& amended) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < amended.texts.size(); ++i) {
    if (!amended.texts[i].empty()) {
      out.push_back(amended.texts[i]);
    }
    if (const auto more = amended.new_paragraphs.find(i); more != amended.new_paragraphs.end()) {
      out.push_back(more->second);
    }
  }
  return out;
}

struct Fitting {
  DraftText of;
  Edit edit;
};
Result<Fitting> fitting(const Item& item, const Paper& paper) {
  const auto draft = consult::parse_hash(paper.text("draft"));
  if (!draft) {
    return misfit("it names no draft");
  }
  Fitting out;
  TRY(out.of, text_of_draft(item, *draft, paper.text("language")));
  if (paper.text("text_sha256") != out.of.manifest->sha256) {
    return misfit("it names another text than the draft has");
  }
  TRY(out.edit, edit_of(paper, out.of.read));
  return out;
}

// Two paragraphs word by word, whatever languages their few words look like.
speech::Comparison compared(const std::string& a, const std::string& b) {
  const Manifestation before = speech::manifestation_of({a}, "");
  Manifestation after = speech::manifestation_of({b}, "");
  after.language = before.language;
  return speech::compare(before, after);
}

// The amended paragraph with what goes and what comes.
std::string word_difference(const Fitting& fitting) {
  const speech::Paragraph& paragraph = fitting.of.read.paragraphs[fitting.edit.paragraph];
  if (fitting.edit.new_paragraph) {
    return "a new paragraph behind it: {+" + visible(fitting.edit.text) + "+}";
  }
  std::string out;
  std::size_t at = 0;
  const std::string& old_text = paragraph.text;
  const std::string new_text = amended_by({fitting.edit}, fitting.of.read).texts[fitting.edit.paragraph];
  for (const speech::Difference& each : compared(old_text, new_text).differences) {
    out += visible(std::string_view(old_text).substr(at, each.a_span.begin - at));
    const std::string gone = old_text.substr(each.a_span.begin, each.a_span.end - each.a_span.begin);
    const std::string come = new_text.substr(each.b_span.begin, each.b_span.end - each.b_span.begin);
    out += gone.empty() ? "" : "[-" + visible(gone) + "-]";
    if (!come.empty()) {
      out += (out.empty() || out.ends_with(' ') ? "{+" : " {+") + visible(come) + "+}";
      out += gone.empty() && each.a_span.begin == 0 ? " " : "";
    }
    at = each.a_span.end;
  }
  return out + visible(std::string_view(old_text).substr(at));
}

// How much of the longer one is in both, 0 to 1.
double likeness(const std::string& a, const std::string& b) {
  std::size_t other = 0;
  for (const speech::Difference& each : compared(a, b).differences) {
    other += each.kind == speech::DifferenceClass::typographic ? 0 : each.b_span.end - each.b_span.begin;
  }
  return static_cast<double>(b.size() - std::min(other, b.size())) / static_cast<double>(std::max(a.size(), b.size()));
}

// What a paragraph of the earlier text is in the later one: the same one, else the most alike of those that are like no
// other paragraph more. `unclear` where the texts have too many that differ.
struct Counterpart {
  const speech::Paragraph* paragraph = nullptr;
  bool unclear = false;
};
Counterpart counterpart(const Manifestation& before, const speech::Paragraph& paragraph, const Manifestation& after) {
  constexpr double alike = 0.25;
  constexpr std::size_t pairs_max = 10'000;
  const auto lacking = [](const Manifestation& in, const Manifestation& from) {
    std::vector<const speech::Paragraph*> out;
    for (const speech::Paragraph& each : in.paragraphs) {
      if (std::ranges::find(from.paragraphs, each.l2, &speech::Paragraph::l2) == from.paragraphs.end()) {
        out.push_back(&each);
      }
    }
    return out;
  };
  Counterpart out;
  if (const auto same = std::ranges::find(after.paragraphs, paragraph.l2, &speech::Paragraph::l2);
      same != after.paragraphs.end()) {
    out.paragraph = &*same;
    return out;
  }
  const auto old_ones = lacking(before, after);
  const auto new_ones = lacking(after, before);
  if (old_ones.size() * new_ones.size() > pairs_max) {
    out.unclear = true;
    return out;
  }
  double best = alike;
  for (const speech::Paragraph* each : new_ones) {
    const double here = likeness(paragraph.text, each->text);
    const bool nearer = here > best && std::ranges::none_of(old_ones, [&](const speech::Paragraph* other) {
                          return other != &paragraph && likeness(other->text, each->text) > here;
                        });
    best = nearer ? here : best;
    out.paragraph = nearer ? each : out.paragraph;
  }
  return out;
}

// Are the words of this change in a later text, where they were to be?
bool taken_over(const Fitting& fitting, const Manifestation& later) {
  const Manifestation& before = fitting.of.read;
  const speech::Paragraph& paragraph = before.paragraphs[fitting.edit.paragraph];
  const Counterpart now = counterpart(before, paragraph, later);
  if (now.unclear) {
    return false;
  }
  if (fitting.edit.new_paragraph) {
    const std::string hash = speech::l2_hash(fitting.edit.text);
    const auto found = std::ranges::find(later.paragraphs, hash, &speech::Paragraph::l2);
    return found != later.paragraphs.end() &&
           std::ranges::find(before.paragraphs, hash, &speech::Paragraph::l2) == before.paragraphs.end() &&
           (now.paragraph == nullptr || now.paragraph + 1 == &*found);
  }
  const std::string wanted = amended_by({fitting.edit}, before).texts[fitting.edit.paragraph];
  if (wanted.empty() || now.paragraph == nullptr) {
    return wanted.empty() && now.paragraph == nullptr;
  }
  const speech::Comparison asked = compared(paragraph.text, wanted);
  const speech::Comparison found = compared(paragraph.text, now.paragraph->text);
  return wanted == now.paragraph->text ||
         (!asked.differences.empty() && !asked.truncated && !found.truncated &&
          std::ranges::all_of(asked.differences, [&](const speech::Difference& each) {
            return std::ranges::any_of(found.differences, [&](const speech::Difference& other) {
              return other.a_span.begin == each.a_span.begin && other.a_span.end == each.a_span.end &&
                     other.b == each.b && other.kind == each.kind;
            });
          }));
}

std::string what_became_of(const Item& item, const Fitting& fitting) {
  std::string out;
  for (const Item::Held* held : revisions_after(item, fitting.of.draft->entry->id)) {
    const std::string name = fmt::format("revision {} ({})", held->entry->revision, short_id(held->entry->id));
    const auto later = text_of_draft(item, held->entry->id, fitting.of.text->language);
    out += (out.empty() ? "STALE: " : "; ") + name + " followed that text, and the amendment says nothing of it; ";
    out += !later                             ? "whether its words are there cannot be checked here"
           : taken_over(fitting, later->read) ? "ACCEPTED: its words are in " + name
                                              : "its words are not, word for word, in " + name;
  }
  return out.empty() ? "no revision follows that text yet" : out;
}

// ---- Composing ---------------------------------------------------------------------------------------------

struct RawBlock {
  std::size_t first = 0;  // physical lines, from 1
  std::size_t last = 0;
  std::string marker;  // "2. "
};

// The lines of the file that are this paragraph, where only one stretch is.
std::optional<RawBlock> block_of(const std::vector<speech::Line>& lines, const speech::Paragraph& paragraph) {
  std::optional<RawBlock> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string_view> parts;
    std::size_t bytes = 0;
    for (std::size_t j = i; j < lines.size() && !lines[i].text.empty() && bytes <= paragraph.text.size() + 16; ++j) {
      if (lines[j].text.empty()) {
        continue;
      }
      parts.emplace_back(lines[j].text);
      bytes += lines[j].text.size();
      if (bytes < paragraph.text.size()) {
        continue;
      }
      const std::string joined = speech::join_lines(parts);
      const std::string_view marker = joined.ends_with(paragraph.text)
                                          ? std::string_view(joined).substr(0, joined.size() - paragraph.text.size())
                                          : std::string_view(joined);
      if (marker.size() > 12 || marker.size() > lines[i].text.size() || (!marker.empty() && !marker.ends_with(' '))) {
        continue;
      }
      if (found) {
        return std::nullopt;
      }
      found = RawBlock{lines[i].number, lines[j].number, std::string(marker)};
    }
  }
  return found;
}

std::string with_number(std::string marker, std::size_t number) {
  const std::size_t begin = marker.find_first_of("0123456789");
  if (begin != std::string::npos) {
    marker.replace(begin, marker.find_first_not_of("0123456789", begin) - begin, std::to_string(number));
  }
  return marker;
}

// The file with these paragraphs changed, and everything else as it was set; whoever reads it finds exactly `amended`.
Result<std::string> rewrite(const DraftText& of, const Amended& amended) {
  const auto by_hand = [] {
    return refuse("the text is set so that the amendments cannot be put into it by the program",
                  "write it by hand, and table it with 'tocsin consult amend --text'");
  };
  TRY(const speech::Lines lines, speech::read_lines(of.text->text));
  if (lines.media != "text/plain") {
    return by_hand();
  }
  std::vector<std::string> physical;
  for (std::string_view rest = of.text->text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    physical.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::vector<std::optional<std::string>> out(physical.begin(), physical.end());
  std::size_t number = 0;
  for (std::size_t i = 0; i < of.read.paragraphs.size(); ++i) {
    const auto block = block_of(lines.lines, of.read.paragraphs[i]);
    if (!block || block->first == 0 || block->last > physical.size()) {
      return by_hand();
    }
    const bool gone = amended.texts[i].empty();
    number += gone ? 0 : 1;
    const auto more = amended.new_paragraphs.find(i);
    const bool same = amended.texts[i] == of.read.paragraphs[i].text && number == of.read.paragraphs[i].number;
    std::string text = gone ? std::string() : with_number(block->marker, number) + amended.texts[i];
    if (same) {
      text = physical[block->last - 1];
    }
    if (more != amended.new_paragraphs.end()) {
      ++number;
      text += (text.empty() ? "" : "\n\n") + with_number(block->marker, number) + more->second;
    }
    for (std::size_t line = block->first; !same && line < block->last; ++line) {
      out[line - 1].reset();
    }
    out[block->last - 1] = std::move(text);
  }
  std::string text;
  for (const auto& line : out) {
    text += line ? *line + "\n" : "";
  }
  const auto read = speech::read_manifestation(text, of.text->language);
  std::vector<std::string> found;
  for (const speech::Paragraph& paragraph : read ? read->paragraphs : std::vector<speech::Paragraph>{}) {
    found.push_back(paragraph.text);
  }
  if (!read || read->numbered != of.read.numbered || found != paragraphs_of(amended)) {
    return by_hand();
  }
  return text;
}

Result<void> expect_no_conflict(const std::vector<std::pair<const Paper*, Edit>>& edits) {
  for (std::size_t i = 0; i < edits.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto& [paper, a] = edits[i];
      const auto& [other, b] = edits[j];
      const bool overlap =
          a.new_paragraph || b.new_paragraph ? a.new_paragraph && b.new_paragraph : a.begin < b.end && b.begin < a.end;
      if (a.paragraph == b.paragraph && overlap) {
        return refuse(fmt::format("{} of {} and {} of {} want the same words of paragraph {}", short_name(*other),
                                  other->author, short_name(*paper), paper->author, paper->number("paragraph")),
                      "take one of them, or ask for one amendment that both can live with");
      }
    }
  }
  return {};
}

}  // namespace

Result<PaperPlan> amendment_paper(const Situation& situation, const AmendmentWords& words) {
  const Item& item = situation.item;
  const auto self = item.roster().find(situation.author);
  if (!self || item.roster().participants[*self].role == Role::partner) {
    return refuse(situation.author + " may not lay an amendment beside the text", "members and the chair amend");
  }
  const std::optional<Hash> draft = words.draft ? words.draft : situation.state.draft;
  const Item::Held* held = draft ? item.find(*draft) : nullptr;
  if (held == nullptr || held->entry->kind != Kind::draft) {
    return refuse("there is no text to amend", "'tocsin consult draft' tables one");
  }
  if (const auto later = revisions_after(item, *draft); !later.empty()) {
    return refuse(fmt::format("revision {} follows this text: an amendment to one says nothing of the other",
                              later.front()->entry->revision),
                  "amend that one: --draft " + short_id(later.front()->entry->id));
  }
  std::string language = words.language;
  if (language.empty()) {
    const Manifest* manifest = item.manifest(body_text(*held->entry, "text_sha256"));
    language = manifest != nullptr && manifest->texts.size() == 1 ? manifest->texts.front().language : "en";
  }
  TRY(const DraftText of, text_of_draft(item, *draft, language));
  const speech::Paragraph* paragraph = of.read.paragraph(words.paragraph);
  if (paragraph == nullptr) {
    return refuse(fmt::format("the text has no paragraph {}", words.paragraph),
                  fmt::format("it has {}", of.read.paragraphs.size()));
  }
  const bool inserts = words.operation == "insert-after";
  const std::string old_words =
      trim(words.old_words).empty() && !inserts ? paragraph->text : canonical_words(words.old_words);
  PaperPlan plan{.kind = PaperKind::amendment, .body = {}, .words = {}, .warnings = {}};
  wire::JsonWriter json(plan.body);
  json.begin_object().member("draft", consult::hex(*draft)).member("text_sha256", of.manifest->sha256);
  json.member("language", language).key("paragraph").number(words.paragraph);
  json.member("paragraph_l1", paragraph->l1).member("paragraph_l2", paragraph->l2);
  json.member("operation", words.operation);
  for (const auto& [name, value] : {std::pair<std::string_view, std::string>("old_words", old_words),
                                    {"new_words", canonical_words(words.new_words)},
                                    {"text", words.text}}) {
    if (!trim(value).empty()) {
      json.member(name, value);
    }
  }
  json.end_object();
  Paper paper;
  paper.kind = PaperKind::amendment;
  paper.author = situation.author;
  TRY(paper.object, wire::parse_json(plan.body));
  auto made = fitting(item, paper);
  if (!made) {
    return refuse(made.error().message, "--operation replace|insert-after|delete, --old WORDS, --new WORDS");
  }
  plan.words = {amendment_words(item, paper),
                fmt::format("It is about this text alone ({}); a later revision needs a new one.", short_id(*draft))};
  return plan;
}

Result<void> amendment_fits(const Item& item, const Paper& paper) {
  TRY_VOID(fitting(item, paper));
  return {};
}

std::string amendment_words(const Item& item, const Paper& paper) {
  std::string out = fmt::format("{} proposes to amend ", paper.author);
  const std::string why = trim(paper.text("text")).empty() ? "" : "; because " + quoted(paper.text("text"));
  const auto found = fitting(item, paper);
  if (!found) {
    const bool wrong = found.error().code == ErrorCode::damaged;
    return out + fmt::format("draft {}, {} paragraph {} ({} {}, {}){}; {}: {}",
                             visible(paper.text("draft").substr(0, 12)), visible(paper.text("language")),
                             paper.number("paragraph"), visible(paper.text("operation")),
                             quoted(paper.text("old_words")), quoted(paper.text("new_words")), why,
                             wrong ? "IT DOES NOT FIT THAT TEXT" : "cannot be compared here", found.error().message);
  }
  return out + fmt::format("revision {} ({}), {} paragraph {}: {}{}; {}", found->of.draft->entry->revision,
                           short_id(found->of.draft->entry->id), visible(found->of.text->language),
                           paper.number("paragraph"), word_difference(*found), why, what_became_of(item, *found));
}

Result<ComposedRevision> compose_revision(const Item& item, std::span<const std::string> amendments,
                                          std::vector<Text> given) {
  ComposedRevision out;
  std::map<std::string, std::pair<DraftText, std::vector<std::pair<const Paper*, Edit>>>, std::less<>> versions;
  std::optional<Hash> parent;
  std::vector<const Paper*> taken;
  for (const std::string& named : amendments) {
    TRY(const Paper* paper, item.papers().named(named));
    if (paper->kind != PaperKind::amendment) {
      return refuse(short_name(*paper) + " is no amendment");
    }
    if (std::ranges::find(taken, paper) != taken.end()) {
      continue;
    }
    taken.push_back(paper);
    auto found = fitting(item, *paper);
    if (!found) {
      return failure(found.error().code, short_name(*paper) + ": " + found.error().message, {}, found.error().hint);
    }
    const Hash& draft = found->of.draft->entry->id;
    if (parent && *parent != draft) {
      return refuse("the amendments are to two different texts", "an amendment to one says nothing of the other");
    }
    parent = draft;
    if (const auto later = revisions_after(item, draft); !later.empty()) {
      return refuse(fmt::format("{} is stale: revision {} follows the text that it is about", short_name(*paper),
                                later.front()->entry->revision));
    }
    out.words.push_back("Taken into it, as it was proposed: " + short_name(*paper) + " of " + paper->author + ".");
    auto& [of, edits] = versions[found->of.text->language];
    of = std::move(found->of);
    edits.emplace_back(paper, std::move(found->edit));
  }
  if (!parent) {
    return refuse("no amendment is named", "--from-amendments ID");
  }
  out.parent = *parent;
  const Manifest& before = *versions.begin()->second.first.manifest;
  std::vector<Manifest::Version> names;
  for (const Manifest::Version& version : before.texts) {
    const auto own = std::ranges::find(given, version.language, &Text::language);
    const auto amended = versions.find(version.language);
    if (own != given.end()) {
      if (amended != versions.end()) {
        return refuse("the text in language " + version.language + " is given and amended at once");
      }
      continue;
    }
    const Text* text = item.text(version.sha256);
    if (text == nullptr) {
      return refuse("the text in language " + version.language + " is not held here");
    }
    out.texts.push_back(*text);
    if (amended == versions.end()) {
      out.words.push_back("The text in language " + version.language + " stays as it is: does it still say the same?");
      continue;
    }
    TRY_VOID(expect_no_conflict(amended->second.second));
    std::vector<Edit> edits;
    for (const auto& [paper, edit] : amended->second.second) {
      edits.push_back(edit);
    }
    TRY(out.texts.back().text,
        rewrite(amended->second.first, amended_by(std::move(edits), amended->second.first.read)));
  }
  out.texts.insert(out.texts.end(), std::make_move_iterator(given.begin()), std::make_move_iterator(given.end()));
  for (const Text& text : out.texts) {
    names.push_back({text.language, trust::sha256_hex(text.text)});
  }
  TRY(out.manifest, make_manifest(std::move(names), before.annexes));
  return out;
}

}  // namespace tocsin::council
