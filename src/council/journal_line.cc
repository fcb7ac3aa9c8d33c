#include "council/journal_line.h"

#include <algorithm>
#include <array>
#include <optional>

#include "council/limits.h"
#include "trust/digest.h"

namespace tocsin::council {
namespace {

struct KindName {
  RecordKind kind;
  std::string_view name;
};
constexpr std::array<KindName, 12> kind_names{{{RecordKind::item, "item"},
                                               {RecordKind::roster, "roster"},
                                               {RecordKind::signed_here, "signed"},
                                               {RecordKind::held, "held"},
                                               {RecordKind::text, "text"},
                                               {RecordKind::manifest, "manifest"},
                                               {RecordKind::key, "key"},
                                               {RecordKind::place, "place"},
                                               {RecordKind::broken, "broken"},
                                               {RecordKind::reading, "reading"},
                                               {RecordKind::paper, "paper"},
                                               {RecordKind::policy, "policy"}}};

// {"sum":"0123456789abcdef","is":"held","value":…}
constexpr std::string_view before_sum = "{\"sum\":\"";
constexpr std::size_t sum_digits = 16;
constexpr std::string_view before_kind = "\",\"is\":\"";
constexpr std::string_view before_value = "\",\"value\":";

std::string checksum(std::string_view chain, std::string_view rest) {
  trust::Sha256 sha;
  sha.add(chain);
  sha.add(rest);
  return sha.hex().substr(0, sum_digits);
}

struct Parts {
  std::string_view sum;
  std::string_view rest;  // behind the checksum
  Record record;
};

std::optional<Parts> parts_of(std::string_view line) {
  if (!line.starts_with(before_sum) || !line.ends_with('}') ||
      line.size() < before_sum.size() + sum_digits + before_kind.size()) {
    return std::nullopt;
  }
  Parts parts{.sum = line.substr(before_sum.size(), sum_digits),
              .rest = line.substr(before_sum.size() + sum_digits),
              .record = {}};
  if (!parts.rest.starts_with(before_kind)) {
    return std::nullopt;
  }
  const std::string_view name_on = parts.rest.substr(before_kind.size());
  const std::size_t end = name_on.find('"');
  if (end == std::string_view::npos || !name_on.substr(end).starts_with(before_value)) {
    return std::nullopt;
  }
  const auto* const found = std::ranges::find(kind_names, name_on.substr(0, end), &KindName::name);
  if (found == kind_names.end()) {
    return std::nullopt;
  }
  const std::string_view value = name_on.substr(end + before_value.size());
  if (value.empty()) {
    return std::nullopt;
  }
  parts.record = {found->kind, std::string(value.substr(0, value.size() - 1))};
  return parts;
}

}  // namespace

std::string_view text_of(RecordKind kind) { return std::ranges::find(kind_names, kind, &KindName::kind)->name; }

std::string write_line(const Record& record, std::string& chain) {
  std::string rest(before_kind);
  rest += text_of(record.kind);
  rest += before_value;
  const std::size_t value_at = rest.size();
  rest += record.value;
  // In JSON a raw line end can only be space between tokens.
  std::ranges::replace_if(
      rest.begin() + static_cast<std::ptrdiff_t>(value_at), rest.end(), [](char c) { return c == '\n' || c == '\r'; },
      ' ');
  rest += '}';
  chain = checksum(chain, rest);
  return std::string(before_sum) + chain + rest + "\n";
}

JournalReading read_journal(std::string_view text) {
  JournalReading out;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      out.torn = true;
      break;
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    ++number;
    auto parts = line.size() <= limits::line_bytes_max ? parts_of(line) : std::nullopt;
    const bool whole = parts && parts->sum == checksum(out.chain, parts->rest);
    out.whole_bytes += line.size() + 1;
    if (!whole) {
      out.damaged.push_back(number);
      out.last_damaged_record = out.records.size();
    }
    if (parts) {
      out.chain = parts->sum;
      const bool entry = parts->record.kind == RecordKind::signed_here || parts->record.kind == RecordKind::held;
      if (whole || entry) {
        out.records.push_back(std::move(parts->record));
      }
    }
  }
  return out;
}

}  // namespace tocsin::council
