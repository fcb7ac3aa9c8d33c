#include "ingest/json/value_framer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/json/recognise.h"

namespace tocsin::ingest::json {
namespace {

constexpr std::size_t read_bytes = std::size_t{256} << 10;
constexpr std::uint32_t checked_depth = 64;

// Control characters between records (RFC 7464 puts 0x1E there) are blanks.
constexpr bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

constexpr std::array<bool, 256> ends_string_run = [] {
  std::array<bool, 256> table{};
  table['"'] = true;
  table['\\'] = true;
  table['\n'] = true;
  return table;
}();

}  // namespace

JsonValueFramer::Plausible JsonValueFramer::object_at(std::size_t at, std::size_t& start) const {
  const std::size_t end = std::min(pending_.size(), at + lookahead_max);
  bool comma = false;
  bool brace = false;
  for (; at < end; ++at) {
    const char c = pending_[at];
    if (is_blank(c)) {
      continue;
    }
    if (brace) {
      return c == '"' || c == '}' ? Plausible::yes : Plausible::no;
    }
    if (c == '{') {
      brace = true;
      start = at;
    } else if (c == ',' && !comma) {
      comma = true;
    } else {
      return Plausible::no;
    }
  }
  return end < pending_.size() || ended_ ? Plausible::no : Plausible::unknown;
}

std::size_t JsonValueFramer::next_line_start(std::size_t end) const {
  if (!record_begins_line_) {
    return std::string::npos;
  }
  for (std::size_t at = pending_.find('\n', record_begin_); at < end; at = pending_.find('\n', at + 1)) {
    std::size_t start = 0;
    if (object_at(at + 1, start) == Plausible::yes && start < end && start - (at + 1) == record_column_) {
      return start;
    }
  }
  return std::string::npos;
}

void JsonValueFramer::begin_record() {
  level_ = Level::record;
  record_begin_ = pos_;
  record_column_ = column_;
  record_begins_line_ = line_is_blank_;
  depth_ = 0;
  in_string_ = false;
  previous_ = 0;
  string_begin_ = string_end_ = 0;
  members_ = 0;
  wrapping_depth_ = 0;
}

void JsonValueFramer::end_record() {
  if (level_ == Level::record) {
    if (spans_.empty()) {
      block_first_ = number_;
    }
    spans_.push_back({static_cast<std::uint32_t>(record_begin_), static_cast<std::uint32_t>(pos_ - record_begin_),
                      static_cast<std::uint32_t>(number_ - block_first_)});
    ++number_;
  }
  level_ = Level::outside;
  line_is_blank_ = false;
}

void JsonValueFramer::note_damage(std::string_view what) {
  if (damages_++ < damages_told_max) {
    notes_.push_back({"element " + std::to_string(number_) + " " + std::string(what), 1});
  } else if (notes_.empty() || notes_.back().text != "more elements are damaged") {
    notes_.push_back({"more elements are damaged", 1});
  } else {
    ++notes_.back().count;
  }
  ++unreadable_;
  ++number_;
}

void JsonValueFramer::break_record(std::size_t resume, std::string_view why) {
  if (level_ == Level::record) {
    note_damage("is damaged: " + std::string(why));
  }
  rescanned_ += pos_ > resume ? pos_ - resume : 0;
  level_ = Level::outside;
  pos_ = resume;
  in_string_ = false;
  line_is_blank_ = false;
  // Blanks before the place where reading goes on tell the indentation of what begins there.
  std::size_t at = resume;
  while (at > record_begin_ && (pending_[at - 1] == ' ' || pending_[at - 1] == '\t')) {
    --at;
  }
  if (at > record_begin_ && pending_[at - 1] == '\n') {
    line_is_blank_ = true;
    column_ = resume - at;
  }
}

bool JsonValueFramer::push(bool object) {
  if (depth_ < checked_depth) {
    const std::uint64_t bit = std::uint64_t{1} << depth_;
    objects_ = object ? objects_ | bit : objects_ & ~bit;
  }
  ++depth_;
  return depth_ == 1;
}

// At the '[' of a member's array: whether its elements are the records.
bool JsonValueFramer::open_wrapped_array() {
  if (!wrapped_ || in_array_ || depth_ != wrapping_depth_ + 1 || previous_ != ':') {
    return false;
  }
  const std::string_view key(pending_.data() + string_begin_, string_end_ - string_begin_);
  return wraps_records(key, members_ <= 1);
}

// "Record 777": evtx_dump writes such a line above each event.
JsonValueFramer::Plausible JsonValueFramer::skip_title() {
  constexpr std::string_view word = "Record ";
  constexpr std::size_t title_max = 32;
  const std::string_view rest = std::string_view(pending_).substr(pos_, title_max);
  if (!rest.starts_with(word.substr(0, rest.size()))) {
    return Plausible::no;
  }
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) {
    return rest.size() < title_max && !ended_ ? Plausible::unknown : Plausible::no;
  }
  if (end <= word.size() || !parse_uint64(trim(rest.substr(word.size(), end - word.size())))) {
    return Plausible::no;
  }
  pos_ += end - 1;
  return Plausible::yes;
}

bool JsonValueFramer::scan_outside() {
  for (; pos_ < pending_.size(); ++pos_) {
    const char c = pending_[pos_];
    if (c == '\n') {
      column_ = 0;
      line_is_blank_ = true;
      level_ = Level::outside;
      continue;
    }
    if (is_blank(c)) {
      ++column_;
      continue;
    }
    if (c == ',') {
      level_ = Level::outside;
      line_is_blank_ = false;
      continue;
    }
    if (c == ']' && in_array_) {
      in_array_ = false;
      level_ = Level::outside;
      line_is_blank_ = false;
      if (wrapper_depth_ != 0) {
        level_ = Level::wrapper;
        depth_ = wrapper_depth_;
        wrapping_depth_ = wrapper_depth_ - 1;
        objects_ = ~std::uint64_t{0};
        wrapper_depth_ = 0;
        in_string_ = false;
        previous_ = 'v';
        members_ = 2;
        ++pos_;
        return true;
      }
      continue;
    }
    if (c == '[' && !in_array_) {
      in_array_ = true;
      level_ = Level::outside;
      line_is_blank_ = false;
      continue;
    }
    if (c == '{' || (c == '[' && level_ == Level::outside)) {
      begin_record();
      return true;
    }
    if (level_ == Level::outside && !in_array_ && line_is_blank_) {
      const Plausible plausible = skip_title();
      if (plausible == Plausible::unknown) {
        return false;
      }
      if (plausible == Plausible::yes) {
        continue;
      }
    }
    if (level_ == Level::outside) {
      note_damage("is not an object");
      level_ = Level::garbage;
    }
    line_is_blank_ = false;
  }
  return false;
}

bool JsonValueFramer::scan_record() {
  const char* const text = pending_.data();
  const std::size_t end = pending_.size();
  while (pos_ < end) {
    if (in_string_) {
      while (pos_ < end && !ends_string_run[static_cast<unsigned char>(text[pos_])]) {
        ++pos_;
      }
      if (pos_ == end) {
        return false;
      }
      if (text[pos_] == '"') {
        in_string_ = false;
        string_end_ = pos_++;
        members_ += depth_ == wrapping_depth_ + 1 && previous_ != ':' &&
                            !std::string_view(text + string_begin_, string_end_ - string_begin_).starts_with("@odata")
                        ? 1
                        : 0;
        if (previous_ != ':') {
          continue;
        }
        previous_ = 'v';
        continue;
      }
      if (text[pos_] == '\\') {
        if (pos_ + 1 == end) {
          return false;
        }
        // A line feed is looked at in its own turn.
        pos_ += text[pos_ + 1] == '\n' ? 1 : 2;
        continue;
      }
      std::size_t start = 0;
      const Plausible plausible = object_at(pos_ + 1, start);
      if (plausible == Plausible::unknown) {
        return false;
      }
      if (plausible == Plausible::yes) {
        break_record(start, "a string does not end");
        return true;
      }
      ++pos_;
      continue;
    }
    const char c = text[pos_];
    switch (c) {
      case '"':
        in_string_ = true;
        string_begin_ = pos_ + 1;
        break;
      case '{':
      case '[': {
        const bool in_object = depth_ != 0 && depth_ <= checked_depth && ((objects_ >> (depth_ - 1)) & 1) != 0;
        if (in_object && previous_ != ':') {
          std::size_t start = 0;
          const Plausible plausible = c == '{' ? object_at(pos_, start) : Plausible::no;
          if (plausible == Plausible::unknown) {
            return false;
          }
          break_record(pos_ + (plausible == Plausible::yes ? 0 : 1), "it does not end");
          return true;
        }
        if (in_object && c == '[' && open_wrapped_array()) {
          in_array_ = true;
          wrapper_depth_ = depth_;
          level_ = Level::outside;
          line_is_blank_ = false;
          ++pos_;
          return true;
        }
        if (in_object && c == '{' && wrapped_ && !in_array_ && depth_ == 1 && wrapping_depth_ == 0 &&
            std::string_view(text + string_begin_, string_end_ - string_begin_) == "hits") {
          wrapping_depth_ = 1;
          members_ = 0;
        }
        push(c == '{');
        previous_ = c;
        break;
      }
      case '}':
      case ']': {
        const bool matches =
            depth_ > checked_depth || (depth_ != 0 && ((objects_ >> (depth_ - 1)) & 1) == (c == '}' ? 1U : 0U));
        if (!matches) {
          const std::size_t line = rescanned_ < rescan_bytes_max ? next_line_start(pos_) : std::string::npos;
          break_record(line == std::string::npos ? pos_ + 1 : line, "its brackets do not match");
          return true;
        }
        --depth_;
        if (wrapping_depth_ >= depth_) {
          wrapping_depth_ = 0;
        }
        previous_ = 'v';
        if (depth_ == 0) {
          ++pos_;
          end_record();
          return true;
        }
        break;
      }
      case ':':
      case ',':
        previous_ = c;
        break;
      default:
        if (!is_blank(c)) {
          previous_ = 'v';
        }
    }
    ++pos_;
  }
  return false;
}

bool JsonValueFramer::scan_seeking() {
  while (pos_ < pending_.size()) {
    const std::size_t line = pending_.find('\n', pos_);
    if (line == std::string::npos) {
      pos_ = pending_.size();
      return false;
    }
    pos_ = line;
    std::size_t start = 0;
    const Plausible plausible = object_at(line + 1, start);
    if (plausible == Plausible::unknown) {
      return false;
    }
    if (plausible == Plausible::yes && start - (line + 1) == record_column_) {
      pos_ = start;
      level_ = Level::outside;
      line_is_blank_ = true;
      column_ = record_column_;
      return true;
    }
    pos_ = line + 1;
  }
  return false;
}

bool JsonValueFramer::scan() {
  for (;;) {
    bool changed = false;
    switch (level_) {
      case Level::outside:
      case Level::garbage:
        if (!spans_.empty() && pos_ - spans_.front().begin >= limits::block_bytes) {
          return true;
        }
        changed = scan_outside();
        break;
      case Level::record:
      case Level::wrapper:
        changed = scan_record();
        break;
      case Level::seeking:
        changed = scan_seeking();
        break;
    }
    if (!changed) {
      return false;
    }
  }
}

Result<bool> JsonValueFramer::fill() {
  if (ended_) {
    return false;
  }
  // What no record needs any more is dropped, so that blanks and skipped records cost no memory.
  if (spans_.empty()) {
    const std::size_t drop = level_ == Level::record ? record_begin_ : pos_;
    pending_.erase(0, drop);
    offset_ += drop;
    pos_ -= drop;
    record_begin_ -= std::min(record_begin_, drop);
    string_begin_ -= std::min(string_begin_, drop);
    string_end_ -= std::min(string_end_, drop);
  }
  buffer_.resize(read_bytes);
  auto got = source_.read(buffer_);
  if (!got) {
    ended_ = true;
    return std::unexpected(got.error());
  }
  if (*got == 0) {
    ended_ = true;
    return false;
  }
  if (offset_ == 0 && pending_.empty()) {
    offset_ = source_.converts() ? 0 : source_.mark_bytes();
  }
  if (source_.converts() && !noted_conversion_) {
    noted_conversion_ = true;
    notes_.push_back({"UTF-16 text was converted; offsets count UTF-8 bytes", 1});
  }
  pending_.append(buffer_, 0, *got);
  return true;
}

void JsonValueFramer::hand_out(Block& block) {
  block.unreadable = std::exchange(unreadable_, 0);
  block.notes.swap(notes_);
  if (spans_.empty()) {
    return;
  }
  const std::size_t begin = spans_.front().begin;
  const std::size_t end = spans_.back().begin + spans_.back().size;
  block.bytes.assign(pending_, begin, end - begin);
  block.offset = offset_ + begin;
  block.first_record = block_first_;
  auto context = std::make_shared<RecordSpans>();
  context->spans.swap(spans_);
  for (RecordSpans::Span& span : context->spans) {
    span.begin -= static_cast<std::uint32_t>(begin);
  }
  block.context = std::move(context);
  pending_.erase(0, end);
  offset_ += end;
  pos_ -= end;
  record_begin_ -= std::min(record_begin_, end);
  string_begin_ -= std::min(string_begin_, end);
  string_end_ -= std::min(string_end_, end);
}

Result<bool> JsonValueFramer::next(Block& block) {
  block.bytes.clear();
  block.context.reset();
  block.notes.clear();
  block.unreadable = 0;
  while (!failed_) {
    if (scan()) {
      break;
    }
    if (level_ == Level::record && pos_ - record_begin_ > limits::record_bytes_max) {
      note_damage("is longer than " + std::to_string(limits::record_bytes_max >> 20) + " MiB and was skipped");
      level_ = Level::seeking;
      in_string_ = false;
      if (!spans_.empty()) {
        break;
      }
    }
    auto more = fill();
    if (!more) {
      failed_ = std::move(more).error();
      break;
    }
    if (*more) {
      continue;
    }
    // The end. What was kept back for a look further ahead is scanned now that there is nothing further.
    if (pos_ < pending_.size() && scan()) {
      break;
    }
    if (level_ == Level::record) {
      const std::size_t line = rescanned_ < rescan_bytes_max ? next_line_start(pending_.size()) : std::string::npos;
      break_record(line == std::string::npos ? pending_.size() : line, "the input ends inside it");
      if (pos_ < pending_.size()) {
        continue;
      }
    }
    break;
  }
  hand_out(block);
  if (!block.bytes.empty() || block.unreadable != 0 || !block.notes.empty()) {
    return true;
  }
  if (failed_ && level_ != Level::garbage) {
    Error error = *std::exchange(failed_, std::nullopt);
    level_ = Level::garbage;
    pending_.clear();
    pos_ = 0;
    return std::unexpected(std::move(error));
  }
  return false;
}

}  // namespace tocsin::ingest::json
