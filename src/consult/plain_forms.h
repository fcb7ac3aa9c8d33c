// The forms of section 2 for the plain implementation, straight from the text: what an entry must look like.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json.h"

namespace tocsin::consult::plain {

using wire::Json;
using Ids = std::vector<std::string>;
inline constexpr long long infinite = 1LL << 62;

inline bool is_text(const Json* json) { return json != nullptr && json->kind == Json::Kind::string; }
inline bool is_null(const Json* json) { return json != nullptr && json->kind == Json::Kind::null; }
inline bool is_list(const Json* json) { return json != nullptr && json->kind == Json::Kind::array; }
inline bool is_object(const Json* json) { return json != nullptr && json->kind == Json::Kind::object; }
inline bool is_number(const Json* json, long long least) {
  return json != nullptr && json->kind == Json::Kind::number && std::stoll(json->text) >= least;
}
inline bool made_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}
inline bool is_hex(const Json* json, std::size_t length) {
  return is_text(json) && json->text.size() == length && made_of(json->text, "0123456789abcdef");
}
inline bool is_id(const Json* json) { return is_hex(json, 64); }
inline bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         made_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
}

inline std::optional<long long> seconds(const Json* json) {
  if (!is_text(json) || json->text.size() != 20) {
    return std::nullopt;
  }
  const std::string& text = json->text;
  std::string blank = text;
  for (const std::size_t at : {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18}) {
    if (!made_of(text.substr(at, 1), "0123456789")) {
      return std::nullopt;
    }
    blank[at] = '_';
  }
  const auto part = [&](std::size_t at, std::size_t length) { return std::stoi(text.substr(at, length)); };
  const std::chrono::year_month_day day(std::chrono::year(part(0, 4)), std::chrono::month(part(5, 2)),
                                        std::chrono::day(part(8, 2)));
  if (blank != "____-__-__T__:__:__Z" || !day.ok() || part(0, 4) < 1970 || part(11, 2) > 23 || part(14, 2) > 59 ||
      part(17, 2) > 59) {
    return std::nullopt;
  }
  return std::chrono::sys_days(day).time_since_epoch().count() * 86'400LL + part(11, 2) * 3'600LL + part(14, 2) * 60LL +
         part(17, 2);
}

inline bool known_kind(const std::string& kind) {
  static const std::set<std::string> kinds = {"open",     "draft",   "silence", "extend",  "suspend", "withdraw",
                                              "position", "retract", "pass",    "receipt", "close"};
  return kinds.contains(kind);
}

// Section 2: the top level.
inline bool good_outside(const Json& e) {
  for (const auto& [name, value] : e.members) {
    static const std::set<std::string> names = {"v",    "item", "author", "seq",      "prev",
                                                "time", "kind", "body",   "signature"};
    if (!names.contains(name)) {
      return false;
    }
  }
  const Json* item = e.find("item");
  const Json* prev = e.find("prev");
  const Json* kind = e.find("kind");
  if (!is_number(e.find("v"), 1) || (!is_null(item) && !is_id(item)) || !is_text(e.find("author")) ||
      !is_name(e.find("author")->text) || !is_number(e.find("seq"), 0) || (!is_null(prev) && !is_id(prev)) ||
      !seconds(e.find("time")) || !is_text(kind) || !is_object(e.find("body"))) {
    return false;
  }
  const long long seq = std::stoll(e.find("seq")->text);
  const std::string& k = kind->text;
  if (seq >= 1LL << 20 || k.empty() || k.size() > 32 || !made_of(k, "abcdefghijklmnopqrstuvwxyz0123456789-") ||
      !made_of(k.substr(0, 1), "abcdefghijklmnopqrstuvwxyz")) {
    return false;
  }
  if ((seq == 0) != is_null(prev)) {
    return false;
  }
  return (k == "open") == is_null(item) && (k != "open" || seq == 0);
}

// Section 2: the table.
inline bool good_inside(const std::string& kind, const Json& body) {
  const auto at = [&](std::string_view name) { return body.find(name); };
  if (kind == "open") {
    return is_id(at("roster")) && is_text(at("title"));
  }
  if (kind == "draft") {
    if (!is_number(at("rev"), 1) || !is_id(at("text_sha256"))) {
      return false;
    }
    return std::stoll(at("rev")->text) == 1 ? is_null(at("parent")) : is_id(at("parent"));
  }
  if (kind == "silence") {
    return is_id(at("draft")) && seconds(at("deadline")) && is_text(at("class"));
  }
  if (kind == "extend") {
    return is_id(at("silence")) && seconds(at("deadline"));
  }
  if (kind == "suspend" || kind == "withdraw" || kind == "pass") {
    return is_id(at("silence"));
  }
  if (kind == "position") {
    static const std::set<std::string> stances = {"support",   "no-objection", "hold",    "break",  "reserve",
                                                  "interpret", "dissociate",   "abstain", "recuse", "associate"};
    if (!is_id(at("silence")) || !is_text(at("stance")) || !stances.contains(at("stance")->text)) {
      return false;
    }
    const std::string& stance = at("stance")->text;
    if (stance == "break" || stance == "reserve" || stance == "interpret" || stance == "dissociate") {
      return is_text(at("text")) && !at("text")->text.empty();
    }
    return at("text") == nullptr || is_text(at("text"));
  }
  if (kind == "retract") {
    return is_id(at("position"));
  }
  if (kind == "receipt") {
    return is_object(at("heads")) && at("heads")->members.size() <= 256 &&
           std::ranges::all_of(at("heads")->members,
                               [](const auto& head) { return is_name(head.first) && is_id(&head.second); });
  }
  if (kind == "close") {
    if (!is_id(at("silence")) || !is_list(at("presumed"))) {
      return false;
    }
    const std::vector<Json>& names = at("presumed")->items;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!is_text(&names[i]) || !is_name(names[i].text) || (i > 0 && names[i - 1].text >= names[i].text)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace tocsin::consult::plain
