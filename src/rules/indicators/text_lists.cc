#include "rules/indicators/text_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "base/limits.h"
#include "base/text.h"
#include "wire/csv.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t none = ~std::size_t{0};

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What the columns of a CSV list mean.
struct Columns {
  char delimiter = ',';
  std::size_t count = 0;
  std::size_t value = none;  // of the type that `type` names, or known by form
  std::size_t type = none, id = none, title = none, level = none, from = none, until = none, to_ids = none;
  std::vector<std::pair<std::size_t, std::string>> typed;  // columns whose name says the type; where `value` is none
};

// Lower is better; 0 is no title.
int title_rank(std::string_view word) {
  constexpr std::string_view words[] = {
      "title",  "name",    "description", "notes", "note", "comment",  "threat", "malwareprintable",
      "family", "malware", "campaign",    "tags",  "tag",  "reference"};
  for (std::size_t i = 0; i < std::size(words); ++i) {
    if (words[i] == word) {
      return static_cast<int>(i) + 1;
    }
  }
  return 0;
}

std::optional<Columns> header(std::string_view line, bool commented) {
  Columns out;
  std::size_t most = 0;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    const auto count = static_cast<std::size_t>(std::count(line.begin(), line.end(), delimiter));
    if (count > most) {
      most = count;
      out.delimiter = delimiter;
    }
  }
  Arena arena;
  std::vector<wire::CsvField> fields;
  wire::split_csv_row(line, out.delimiter, arena, fields);
  out.count = fields.size();
  int best_title = 0;
  std::string canonical;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string word = squeeze_word(trim(fields[i].text));
    if (is_one_of(word, {"indicator", "indicatorvalue", "value", "ioc", "iocvalue", "data", "observable",
                         "observablevalue", "artifact"})) {
      out.value = out.value == none ? i : out.value;
    } else if (is_one_of(word, {"type", "indicatortype", "ioctype", "datatype", "observabletype", "kind"})) {
      out.type = i;
    } else if (is_one_of(word, {"id", "uuid", "indicatorid", "iocid", "objectid"})) {
      out.id = i;
    } else if (is_one_of(word, {"level", "severity", "threatlevel", "priority"})) {
      out.level = i;
    } else if (is_one_of(word, {"validfrom"})) {
      out.from = i;
    } else if (is_one_of(word, {"validuntil", "expiration", "expires", "expirationdate"})) {
      out.until = i;
    } else if (word == "toids") {
      out.to_ids = i;
    } else if (const int rank = title_rank(word); rank != 0) {
      if (best_title == 0 || rank < best_title) {
        best_title = rank;
        out.title = i;
      }
    } else if (kinds_of_word(word) != 0) {
      out.typed.emplace_back(i, word);
    } else if (classify(trim(fields[i].text), plain_kinds(), canonical)) {
      return std::nullopt;  // an indicator: no header
    }
  }
  if (out.value == none && out.typed.empty()) {
    return std::nullopt;
  }
  // A comment of one word is a comment.
  if (commented && fields.size() < 2) {
    return std::nullopt;
  }
  return out;
}

std::optional<Level> level_of(std::string_view text) {
  const std::string low = ascii_lower(trim(text));
  return low == "info" ? std::optional(Level::informational) : low.empty() ? std::nullopt : parse_level(low);
}

class TextListReader {
 public:
  TextListReader(ByteSource& bytes, const std::string& name, std::optional<Level> level, IndicatorStore& store)
      : bytes_(bytes),
        writer_(store, name, "list", level),
        store_(store),
        own_level_(level.has_value()),
        origin_(static_cast<std::uint32_t>(store.origins().size() - 1)) {}

  void read() {
    std::vector<char> buffer(std::size_t{1} << 20);
    std::size_t have = 0;
    bool skipping = false;  // inside a line that is too long
    for (;;) {
      const auto got = bytes_.read(std::span(buffer).subspan(have));
      if (!got) {
        Error error = got.error();
        error.hint = "what stands before it was read";
        writer_.warn(std::move(error));
        return;
      }
      const std::size_t fresh = have;
      have += *got;
      std::size_t at = 0;
      std::size_t search = skipping ? 0 : fresh;
      while (const void* found = std::memchr(buffer.data() + search, '\n', have - search)) {
        const std::size_t end = static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data());
        ++line_;
        if (!skipping) {
          line({buffer.data() + at, end - at});
        }
        skipping = false;
        at = search = end + 1;
      }
      if (*got == 0) {
        if (have > at && !skipping) {
          ++line_;
          line({buffer.data() + at, have - at});
        }
        return;
      }
      if (skipping) {
        at = have;
      } else if (have - at > limits::indicator_line_bytes_max) {
        ++store_.counts.given;
        writer_.reject("a line is too long", line_ + 1);
        skipping = true;
        at = have;
      }
      std::memmove(buffer.data(), buffer.data() + at, have - at);
      have -= at;
    }
  }

 private:
  void line(std::string_view text) {
    if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) {
      text.remove_prefix(3);
    }
    text = trim(text);
    if (text.empty()) {
      return;
    }
    if (text.size() > limits::indicator_line_bytes_max) {
      ++store_.counts.given;
      writer_.reject("a line is too long", line_);
      return;
    }
    const bool commented = text.front() == '#' || text.front() == ';' || text.starts_with("//");
    if (!columns_ && store_.counts.given == given_before_) {
      // The header is the first line that is none of indicators; feeds put it behind a '#'.
      std::string_view names = text;
      while (commented && !names.empty() && (names.front() == '#' || ascii_space(names.front()))) {
        names.remove_prefix(1);
      }
      if (auto found = header(tight(names, ','), commented)) {
        columns_ = std::move(found);
        store_.origin(origin_).form = "CSV";
        return;
      }
    }
    if (commented) {
      return;
    }
    if (columns_) {
      row(text);
    } else {
      plain(text);
    }
  }

  std::string_view cell(std::size_t at) const {
    return at < fields_.size() ? trim(fields_[at].text) : std::string_view{};
  }

  // Some feeds write a blank behind the separator, before a quoted cell: RFC 4180 would count the quotes as text.
  std::string_view tight(std::string_view text, char delimiter) {
    const char mark[] = {delimiter, ' '};
    if (text.find(std::string_view(mark, 2)) == text.npos || text.find('"') == text.npos) {
      return text;
    }
    tight_.clear();
    bool quoted = false, cell_begins = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (cell_begins && c == ' ') {
        const std::size_t next = text.find_first_not_of(' ', i);
        if (next != text.npos && text[next] == '"') {
          i = next - 1;
          continue;
        }
      }
      quoted = c == '"' ? !quoted : quoted;
      cell_begins = !quoted && c == delimiter;
      tight_ += c;
    }
    return tight_;
  }

  void row(std::string_view text) {
    text = tight(text, columns_->delimiter);
    arena_.clear();
    wire::split_csv_row(text, columns_->delimiter, arena_, fields_);
    const Columns& columns = *columns_;
    if (columns.to_ids != none && is_one_of(ascii_lower(cell(columns.to_ids)), {"0", "false", "no"})) {
      ++store_.counts.given;
      ++store_.counts.not_for_detection;
      return;
    }
    ListWriter::Details details{.id = cell(columns.id), .title = cell(columns.title)};
    if (!own_level_ && columns.level != none) {
      details.level = level_of(cell(columns.level)).value_or(Level::none);
    }
    if (!cell(columns.from).empty()) {
      if (const auto time = parse_iso8601(cell(columns.from))) {
        details.from = time->time;
      }
    }
    if (!cell(columns.until).empty()) {
      if (const auto time = parse_iso8601(cell(columns.until))) {
        details.until = time->time;
      }
    }
    if (columns.value != none) {
      const std::string_view value = cell(columns.value);
      const std::string type = squeeze_word(cell(columns.type));
      if (!type.empty()) {
        writer_.put_typed(type, value, details, line_);
        return;
      }
      ++store_.counts.given;
      if (!writer_.put_plain(value, details)) {
        reject(value);
      }
      return;
    }
    for (const auto& [at, word] : columns.typed) {
      if (!cell(at).empty() && cell(at) != "-" && !ascii_iequals(cell(at), "n/a") && !ascii_iequals(cell(at), "none")) {
        writer_.put_typed(word, cell(at), details, line_);
      }
    }
  }

  void plain(std::string_view text) {
    ++store_.counts.given;
    std::string_view note;
    for (const std::string_view mark : {" #", "\t#", " //", " ;"}) {
      if (const std::size_t at = text.find(mark); at != text.npos) {
        note = trim(text.substr(at + mark.size()));
        text = trim(text.substr(0, at));
      }
    }
    const ListWriter::Details details{.title = note};
    if (writer_.put_plain(text, details)) {
      return;
    }
    // "0.0.0.0 evil.example other.example", as in hosts files.
    const std::size_t blank = text.find_first_of(" \t");
    const std::string_view first = text.substr(0, blank);
    bool found = false;
    if (is_one_of(first, {"0.0.0.0", "127.0.0.1", "::1", "::"}) && blank != text.npos) {
      std::string_view rest = text.substr(blank);
      while (!(rest = trim(rest)).empty()) {
        const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
        found = writer_.put(rest.substr(0, end), bit(IndicatorKind::domain), details) || found;
        rest.remove_prefix(end);
      }
    } else if (const std::size_t mark = text.find_first_of(",;\t|"); mark != text.npos) {
      arena_.clear();
      wire::split_csv_row(text, text[mark], arena_, fields_);
      for (const wire::CsvField& field : fields_) {
        found = writer_.put_plain(field.text, {}) || found;
      }
    } else if (blank != text.npos) {
      found = writer_.put_plain(first, details);
    }
    if (!found) {
      reject(text);
    }
  }

  void reject(std::string_view text) {
    constexpr std::size_t shown = 80;
    writer_.reject(
        fmt::format("'{}{}' is no indicator", repair_utf8(text.substr(0, shown)), text.size() > shown ? "…" : ""),
        line_, "one address, network, domain, URL, hash, e-mail address, path, file name or registry key a line");
  }

  ByteSource& bytes_;
  ListWriter writer_;
  IndicatorStore& store_;
  bool own_level_;
  std::uint32_t origin_;
  std::uint64_t given_before_ = store_.counts.given;
  std::uint64_t line_ = 0;
  std::optional<Columns> columns_;
  std::string tight_;
  Arena arena_;
  std::vector<wire::CsvField> fields_;
};

}  // namespace

void read_text_list(ByteSource& bytes, const std::string& name, std::optional<Level> level, IndicatorStore& store) {
  TextListReader(bytes, name, level, store).read();
}

}  // namespace tocsin::rules
