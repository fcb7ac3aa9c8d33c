#include "ingest/event_xml.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/text/text_lines.h"

namespace tocsin::ingest {
namespace {

bool is_blank(std::string_view text) { return std::all_of(text.begin(), text.end(), ascii_space); }

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// The code point of "#123;" or "#x1F;" behind an ampersand; `length` counts what was read. Nothing if it is none.
std::optional<char32_t> character_reference(std::string_view text, std::size_t& length) {
  const std::size_t end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos || end < 2 || text[0] != '#') {
    return std::nullopt;
  }
  std::string number;
  const bool hex = text[1] == 'x' || text[1] == 'X';
  if (hex) {
    number = "0x";
  }
  number.append(text.substr(hex ? 2 : 1, end - (hex ? 2 : 1)));
  const auto value = parse_uint64(number, true);
  if (!value || *value > 0x10FFFF) {
    return std::nullopt;
  }
  length = end + 1;
  return static_cast<char32_t>(*value);
}

constexpr bool xml_character(char32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xD800) || (c >= 0xE000 && c <= 0xFFFD) ||
         c >= 0x10000;
}

// What XML forbids becomes U+FFFD; an ampersand that begins no reference becomes one.
void mend(std::string_view xml, std::string& out) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  out.clear();
  for (std::size_t i = 0; i < xml.size(); ++i) {
    const char c = xml[i];
    if (c == '&') {
      const std::string_view rest = xml.substr(i + 1, 12);
      std::size_t length = 0;
      if (const auto code = character_reference(rest, length)) {
        if (xml_character(*code)) {
          out += '&';
        } else {
          out += replacement;
          i += length;
        }
      } else if (rest.starts_with("amp;") || rest.starts_with("lt;") || rest.starts_with("gt;") ||
                 rest.starts_with("quot;") || rest.starts_with("apos;")) {
        out += '&';
      } else {
        out += "&amp;";
      }
    } else if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      out += replacement;
    } else if (c == '\xEF' &&
               (xml.substr(i).starts_with("\xEF\xBF\xBE") || xml.substr(i).starts_with("\xEF\xBF\xBF"))) {
      out += replacement;
      i += 2;
    } else {
      out += c;
    }
  }
}

}  // namespace

EventXmlReader::EventXmlReader(event::FieldTable& table, const DecodeOptions& options)
    : options_(options), codepage_(codepage_of(options)), identity_(table), flattener_(table, options.raw) {}

bool EventXmlReader::read(std::string_view xml, event::EventBatch& batch, event::Event& event) {
  const std::string_view text = to_utf8(xml, codepage_, batch.arena);
  const std::size_t fields = batch.fields.size();
  if (!parse(text, batch)) {
    batch.fields.resize(fields);
    mend(text, mended_);
    if (mended_ == text || !parse(mended_, batch)) {
      return false;
    }
  }
  identity_.apply(batch, event, options_);
  return batch.fields.size() != fields;
}

bool EventXmlReader::parse(std::string_view xml, event::EventBatch& batch) {
  batch_ = &batch;
  failed_ = false;
  had_children_ = false;
  text_.clear();
  flattener_.begin(batch);
  return parser_.parse(xml, *this).has_value() && !failed_;
}

void EventXmlReader::start_element(std::string_view name, std::span<const wire::XmlAttribute> attributes) {
  if (failed_) {
    return;
  }
  if (flattener_.depth() != 0 && !is_blank(text_)) {
    flattener_.text(batch_->arena.copy(text_));
  }
  text_.clear();
  if (!flattener_.open(local_name(name))) {
    failed_ = true;
    return;
  }
  for (const wire::XmlAttribute& attribute : attributes) {
    flattener_.attribute(attribute.name, batch_->arena.copy(attribute.value));
  }
  had_children_ = false;
}

void EventXmlReader::end_element(std::string_view, bool empty) {
  if (failed_) {
    return;
  }
  // Line breaks between elements are layout, and so is a leaf that holds nothing else; a blank is a value.
  const bool layout = is_blank(text_) && (had_children_ || text_.find('\n') != std::string::npos);
  if (!layout && !(text_.empty() && (empty || had_children_))) {
    flattener_.text(batch_->arena.copy(text_));
  }
  text_.clear();
  flattener_.close();
  had_children_ = true;
}

void EventXmlReader::text(std::string_view text) { text_ += text; }

bool is_tag(std::string_view text, std::size_t at, std::string_view tag) {
  if (text.substr(at, tag.size()) != tag || at + tag.size() >= text.size()) {
    return false;
  }
  const char next = text[at + tag.size()];
  return next == '>' || next == '/' || ascii_space(next);
}

namespace {

// True for the <Event> of a Windows event, which names its namespace or holds <System> first.
bool begins_event(std::string_view text, std::size_t at, std::size_t close) {
  if (text.substr(at, close - at).find(event_namespace) != std::string_view::npos) {
    return true;
  }
  std::size_t next = close + 1;
  while (next < text.size() && ascii_space(text[next])) {
    ++next;
  }
  return is_tag(text, next, "<System");
}

}  // namespace

bool EventXmlScanner::next(std::string_view text, bool last) {
  constexpr std::size_t longest_mark = 9;  // "<![CDATA["
  for (;;) {
    at_ = text.find('<', at_);
    if (at_ == std::string_view::npos) {
      at_ = text.size();
      return false;
    }
    // What is skipped as a whole; where its end is not there yet the scan resumes at its start.
    std::string_view closing;
    std::size_t kind = 0;
    if (text.substr(at_, 4) == "<!--") {
      closing = "-->";
    } else if (text.substr(at_, longest_mark) == "<![CDATA[") {
      closing = "]]>";
      kind = 1;
    } else if (text.substr(at_, 2) == "<?") {
      closing = "?>";
      kind = 2;
    } else if (is_tag(text, at_, "<Event")) {
      const std::size_t close = text.find('>', at_);
      if (close == std::string_view::npos) {
        if (depth_ == 0) {
          begin_ = at_;
        }
        return false;
      }
      if (depth_ == 0) {
        begin_ = at_;
      }
      // An event inside an event is one that was cut short, and the next.
      if (depth_ != 0 && begins_event(text, at_, close)) {
        ++cut_;
        depth_ = 0;
        begin_ = at_;
      }
      const bool whole = text[close - 1] == '/';
      at_ = close + 1;
      if (!whole) {
        ++depth_;
      } else if (depth_ == 0) {
        end_ = at_;
        return true;
      }
      continue;
    } else if (depth_ != 0 && is_tag(text, at_, "</Event")) {
      const std::size_t close = text.find('>', at_);
      if (close == std::string_view::npos) {
        return false;
      }
      at_ = close + 1;
      if (--depth_ == 0) {
        end_ = at_;
        return true;
      }
      continue;
    } else {
      if (text.size() - at_ < longest_mark && !last) {
        return false;
      }
      ++at_;
      continue;
    }
    const bool endless = at_ < endless_before_[kind];
    const std::size_t close = endless ? std::string_view::npos : text.find(closing, at_ + 2);
    if (close == std::string_view::npos) {
      if (!endless && !last) {
        return false;
      }
      endless_before_[kind] = std::max(endless_before_[kind], text.size());
      ++unclosed_;
      ++at_;
      continue;
    }
    at_ = close + closing.size();
  }
}

void EventXmlScanner::drop(std::size_t bytes) {
  at_ -= std::min(at_, bytes);
  begin_ -= std::min(begin_, bytes);
  end_ -= std::min(end_, bytes);
  for (std::size_t& before : endless_before_) {
    before -= std::min(before, bytes);
  }
}

void EventXmlScanner::abandon() {
  depth_ = 0;
  at_ = begin_ + 1;
}

}  // namespace tocsin::ingest
