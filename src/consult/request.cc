#include "consult/request.h"

#include <algorithm>
#include <array>
#include <optional>

#include "consult/limits.h"
#include "wire/json.h"

namespace tocsin::consult {
namespace {

std::unexpected<Error> not_json(std::size_t offset, std::string what) {
  Where where;
  where.offset = offset;
  return failure(ErrorCode::syntax, "this is not JSON: " + std::move(what), std::move(where));
}

// Walks the outermost two levels of a JSON text and cuts out the values below. What it cuts out is left to a reader
// that checks it; here only strings and brackets are understood.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::size_t offset() const { return at_; }
  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }
  bool take(char c) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }
  // The text of the next value; empty where there is none.
  std::string_view value() {
    skip_space();
    const std::size_t from = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
      } else if (c == '[' || c == '{') {
        ++depth;
        ++at_;
      } else if (c == ']' || c == '}') {
        if (depth == 0) {
          break;
        }
        --depth;
        ++at_;
      } else if (depth == 0 && (c == ',' || c == ':')) {
        break;
      } else {
        ++at_;
      }
      if (depth == 0 && (c == '"' || c == ']' || c == '}')) {
        break;
      }
    }
    return text_.substr(from, at_ - from);
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  void skip_string() {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Calls `item` with each item of a list and its place, until it fails.
template <class Item>
Result<void> each_item(std::string_view list, std::size_t count_max, std::string_view what, Item item) {
  Splitter splitter(list);
  if (!splitter.take('[')) {
    return failure(ErrorCode::usage, "\"" + std::string(what) + "\" is not a list");
  }
  if (splitter.take(']')) {
    return {};
  }
  std::size_t place = 0;
  do {
    if (place == count_max) {
      return failure(ErrorCode::limit, "a line has more than " + std::to_string(count_max) + " " + std::string(what));
    }
    const std::string_view value = splitter.value();
    if (value.empty()) {
      return not_json(splitter.offset(), "a list lacks an item");
    }
    TRY_VOID(item(value, place));
    ++place;
  } while (splitter.take(','));
  if (!splitter.take(']') || !splitter.at_end()) {
    return not_json(splitter.offset(), "a list does not end");
  }
  return {};
}

constexpr std::array<std::string_view, 4> names = {"rosters", "item", "entries", "as_of"};
enum : std::uint8_t { rosters_at, item_at, entries_at, as_of_at };
using Members = std::array<std::optional<std::string_view>, names.size()>;

Result<Members> split(std::string_view line) {
  Members members;
  std::vector<std::string> seen;
  Splitter splitter(line);
  if (!splitter.take('{')) {
    return not_json(splitter.offset(), "a line is an object");
  }
  if (!splitter.take('}')) {
    do {
      TRY(const wire::Json name, wire::parse_json(splitter.value()));
      if (name.kind != wire::Json::Kind::string || !splitter.take(':')) {
        return not_json(splitter.offset(), "a member lacks its name");
      }
      if (std::ranges::find(seen, name.text) != seen.end()) {
        return failure(ErrorCode::syntax, "the line names a member twice");
      }
      seen.push_back(name.text);
      if (seen.size() > 64) {
        return failure(ErrorCode::limit, "the line has more than 64 members");
      }
      const std::string_view value = splitter.value();
      const auto* known = std::ranges::find(names, std::string_view(name.text));
      if (known != names.end()) {
        members[static_cast<std::size_t>(known - names.begin())] = value;
      } else {
        TRY_VOID(wire::parse_json(value));
      }
    } while (splitter.take(','));
    if (!splitter.take('}')) {
      return not_json(splitter.offset(), "the object does not end");
    }
  }
  if (!splitter.at_end()) {
    return not_json(splitter.offset(), "something follows the object");
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!members[i]) {
      return failure(ErrorCode::usage, "the line needs \"" + std::string(names[i]) + "\"", {},
                     R"({"rosters":[…],"item":"<id>","entries":[…],"as_of":"2026-03-01T10:00:00Z"})");
    }
  }
  return members;
}

}  // namespace

Result<Request> read_request(std::string_view line) {
  TRY(const Members members, split(line));
  Request request;
  TRY(const wire::Json item, wire::parse_json(*members[item_at]));
  TRY(const wire::Json as_of, wire::parse_json(*members[as_of_at]));
  const auto id = item.kind == wire::Json::Kind::string ? parse_hash(item.text) : std::nullopt;
  const auto time = as_of.kind == wire::Json::Kind::string ? parse_seconds(as_of.text) : std::nullopt;
  if (!id) {
    return failure(ErrorCode::usage, "\"item\" is not an id of 64 lower-case hexadecimal digits");
  }
  if (!time) {
    return failure(ErrorCode::usage, "\"as_of\" is not a time such as 2026-03-01T10:00:00Z");
  }
  request.item = *id;
  request.as_of = *time;
  TRY_VOID(each_item(*members[rosters_at], limits::request_rosters_max, "rosters",
                     [&](std::string_view text, std::size_t place) -> Result<void> {
                       RosterReading reading = read_roster(text);
                       if (reading.not_json) {
                         return failure(ErrorCode::syntax, "roster " + std::to_string(place) + " is not JSON");
                       }
                       if (reading.roster) {
                         request.rosters.push_back(*std::move(reading.roster));
                       } else {
                         request.problems.push_back("roster " + std::to_string(place) + ": " + reading.problem);
                       }
                       return {};
                     }));
  EntryReader reader;
  TRY_VOID(each_item(*members[entries_at], limits::request_entries_max, "entries",
                     [&](std::string_view text, std::size_t place) -> Result<void> {
                       EntryReading reading = reader.read(text);
                       if (reading.refusal == Refusal::not_json) {
                         return failure(ErrorCode::syntax, "entry " + std::to_string(place) + " is not JSON");
                       }
                       if (reading.entry != nullptr) {
                         request.entries.push_back(std::move(reading.entry));
                       } else {
                         request.refused.push_back({place, reading.refusal});
                       }
                       return {};
                     }));
  return request;
}

}  // namespace tocsin::consult
