#include "rules/indicators/json_lists.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/limits.h"
#include "base/text.h"
#include "rules/indicators/simple_pattern.h"
#include "wire/json_stream.h"

namespace tocsin::rules {
namespace {

using wire::JsonStream;

// The members that matter; everything else is passed over.
enum Name : std::uint8_t {
  type,
  id,
  uuid,
  pattern,
  pattern_type,
  valid_from,
  valid_until,
  revoked,
  name,
  value,
  to_ids,
  deleted,
  comment,
  info,
  threat_level_id,
  names
};
constexpr std::array<std::string_view, names> name_texts = {
    "type", "id",    "uuid",   "pattern", "pattern_type", "valid_from", "valid_until",    "revoked",
    "name", "value", "to_ids", "deleted", "comment",      "info",       "threat_level_id"};

enum class Role : std::uint8_t { other, objects, attributes, aside };

struct Frame {
  bool object = false;
  Role role = Role::other;
  std::array<std::string, names> members;
  bool has_origin = false;  // of a MISP event: its indicators have this origin
  std::uint32_t origin = 0;

  void reset(bool is_object, Role own) {
    object = is_object;
    role = own;
    has_origin = false;
    for (std::string& member : members) {
      member.clear();
    }
  }
};

Role role_of(std::string_view key) {
  if (key == "Attribute") {
    return Role::attributes;
  }
  if (key == "Object") {
    return Role::objects;
  }
  // Copies and proposals of other events, and knowledge about names.
  if (key == "ShadowAttribute" || key == "RelatedAttribute" || key == "RelatedEvent" || key == "Galaxy" ||
      key == "EventReport" || key == "Sighting" || key == "SharingGroup" || key == "EventGraph") {
    return Role::aside;
  }
  return Role::other;
}

class JsonListReader {
 public:
  JsonListReader(ByteSource& bytes, const std::string& list, std::optional<Level> level, IndicatorStore& store)
      : stream_(bytes, limits::indicator_text_bytes_max),
        writer_(store, list, "JSON", level),
        store_(store),
        level_(level),
        first_origin_(static_cast<std::uint32_t>(store.origins().size() - 1)) {}

  void read() {
    const std::uint64_t given = store_.counts.given;
    for (;;) {
      const auto token = stream_.next();
      if (!token) {
        Error error = token.error();
        error.hint = "what stands before it was read";
        writer_.warn(std::move(error));
        ++store_.counts.rejected;
        break;
      }
      if (*token == JsonStream::Token::end) {
        break;
      }
      take(*token);
    }
    if (store_.counts.given == given) {
      writer_.warn({ErrorCode::unknown_format,
                    "holds no indicators",
                    {},
                    "STIX bundles with indicator objects and MISP events with attributes are read"});
    }
  }

 private:
  void take(JsonStream::Token token) {
    switch (token) {
      case JsonStream::Token::begin_object:
      case JsonStream::Token::begin_array: {
        // What stands in an array has the role of the array.
        Role role = depth_ == 0 ? Role::other : frames_[depth_ - 1].object ? role_of(key_) : frames_[depth_ - 1].role;
        if (depth_ != 0 && frames_[depth_ - 1].role == Role::aside) {
          role = Role::aside;
        }
        if (frames_.size() <= depth_) {
          frames_.emplace_back();
        }
        frames_[depth_++].reset(token == JsonStream::Token::begin_object, role);
        member_ = names;
        break;
      }
      case JsonStream::Token::end_object:
        close();
        --depth_;
        break;
      case JsonStream::Token::end_array:
        --depth_;
        break;
      case JsonStream::Token::key: {
        key_ = stream_.text();
        member_ = names;
        for (std::size_t i = 0; i < names; ++i) {
          if (key_ == name_texts[i]) {
            member_ = static_cast<Name>(i);
          }
        }
        break;
      }
      case JsonStream::Token::string:
      case JsonStream::Token::number:
        if (depth_ != 0 && frames_[depth_ - 1].object && member_ != names && !stream_.text_cut()) {
          frames_[depth_ - 1].members[member_] = stream_.text();
        }
        break;
      case JsonStream::Token::true_value:
        if (depth_ != 0 && frames_[depth_ - 1].object && member_ != names) {
          frames_[depth_ - 1].members[member_] = "true";
        }
        break;
      case JsonStream::Token::false_value:
      case JsonStream::Token::null_value:
      case JsonStream::Token::end:
        break;
    }
  }

  void close() {
    const Frame& frame = frames_[depth_ - 1];
    if (frame.role == Role::aside) {
      return;
    }
    if (frame.role == Role::attributes) {
      attribute(frame);
    } else if (frame.members[type] == "indicator" && !frame.members[pattern].empty()) {
      indicator(frame);
    } else if (frame.has_origin) {
      IndicatorOrigin& origin = store_.origin(frame.origin);
      origin.context = frame.members[info];
      const std::string& threat = frame.members[threat_level_id];
      if (!level_) {
        origin.level = threat == "1" ? Level::high : threat == "3" ? Level::low : Level::medium;
      }
    }
  }

  // MISP core format, 2.2 Attribute.
  void attribute(const Frame& frame) {
    const auto& members = frame.members;
    if (members[type].empty() || members[value].empty()) {
      return;
    }
    if (members[deleted] == "true" || members[deleted] == "1") {
      return;
    }
    if (members[to_ids] != "true" && members[to_ids] != "1") {
      ++store_.counts.given;
      ++store_.counts.not_for_detection;
      return;
    }
    writer_.set_origin(event_origin());
    writer_.put_typed(squeeze_word(members[type]), members[value], {.id = members[uuid], .title = members[comment]},
                      stream_.line());
  }

  // The origin of the event around the attribute on top: the nearest object that is neither attribute nor MISP object.
  std::uint32_t event_origin() {
    for (std::size_t at = depth_ - 1; at-- > 0;) {
      Frame& frame = frames_[at];
      if (!frame.object || frame.role != Role::other) {
        continue;
      }
      if (!frame.has_origin) {
        frame.origin = used_first_ ? writer_.new_origin() : first_origin_;
        frame.has_origin = true;
        used_first_ = true;
        store_.origin(frame.origin).form = "MISP";
      }
      return frame.origin;
    }
    return first_origin_;
  }

  // From when and until when; rejects the indicator where that is no time.
  std::optional<std::pair<Time, Time>> validity(const Frame& frame) {
    std::pair<Time, Time> out;
    for (const auto& [member, time] : {std::pair{valid_from, &out.first}, std::pair{valid_until, &out.second}}) {
      if (frame.members[member].empty()) {
        continue;
      }
      const auto parsed = parse_iso8601(frame.members[member]);
      if (!parsed) {
        writer_.reject(fmt::format("{} of {} is no time", name_texts[member], frame.members[id]), stream_.line());
        return std::nullopt;
      }
      *time = parsed->time;
    }
    return out;
  }

  void indicator(const Frame& frame) {
    const auto& members = frame.members;
    ++store_.counts.given;
    store_.origin(first_origin_).form = "STIX";
    writer_.set_origin(first_origin_);
    if (members[revoked] == "true") {
      ++store_.counts.revoked;
      return;
    }
    if (!members[pattern_type].empty() && members[pattern_type] != "stix") {
      writer_.unsupported(members[pattern_type] + " pattern");
      return;
    }
    switch (read_simple_pattern(members[pattern], terms_, why_)) {
      case SimplePattern::values:
        break;
      case SimplePattern::needs_engine:
      case SimplePattern::unknown_path:
        if (const auto times = validity(frame)) {
          store_.add(IndicatorPattern{.text = members[pattern],
                                      .id = members[id],
                                      .title = members[name],
                                      .level = store_.origin(first_origin_).level,
                                      .origin = first_origin_,
                                      .line = stream_.line(),
                                      .from = times->first,
                                      .until = times->second});
        }
        return;
      case SimplePattern::invalid:
        writer_.reject(fmt::format("the pattern of {} cannot be read: {}", members[id], why_), stream_.line());
        return;
    }
    const auto times = validity(frame);
    if (!times) {
      return;
    }
    const ListWriter::Details details{
        .id = members[id], .title = members[name], .from = times->first, .until = times->second};
    bool all = true;
    for (const PatternTerm& term : terms_) {
      all = writer_.put(term.value, term.kinds, details) && all;
    }
    if (!all) {
      writer_.reject(fmt::format("the pattern of {} compares a value with a property that cannot have it", members[id]),
                     stream_.line());
    }
  }

  JsonStream stream_;
  ListWriter writer_;
  IndicatorStore& store_;
  std::optional<Level> level_;
  std::uint32_t first_origin_;
  bool used_first_ = false;
  std::vector<Frame> frames_;
  std::size_t depth_ = 0;
  std::string key_;
  Name member_ = names;
  std::vector<PatternTerm> terms_;
  std::string why_;
};

}  // namespace

void read_json_list(ByteSource& bytes, const std::string& name, std::optional<Level> level, IndicatorStore& store) {
  JsonListReader(bytes, name, level, store).read();
}

}  // namespace tocsin::rules
