// Single comparisons against a slow, obvious model that walks the JSON itself: every operator over every kind of value,
// constant and path.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "base/normalize.h"
#include "base/text.h"
#include "detect/stix_pattern.h"
#include "stix/octets.h"
#include "wire/json.h"

namespace tocsin::detect {
namespace {

using wire::Json;

// A constant as written, and what it is.
struct Constant {
  char kind;  // n number, s string, o octets, t timestamp, b boolean
  std::string written;
  std::string text;  // string or octets
  double number = 0;
};

const std::vector<Constant> constants = {
    {'n', "1", "", 1},
    {'n', "2.5", "", 2.5},
    {'n', "-3", "", -3},
    {'s', "'a'", "a"},
    {'s', "'ab'", "ab"},
    {'s', "''", ""},
    {'s', "'\xC3\xA9'", "\xC3\xA9"},
    {'s', "'e\xCC\x81'", "e\xCC\x81"},
    {'s', "'\xC3\xBF'", "\xC3\xBF"},
    {'s', "'\xC4\x80'", "\xC4\x80"},
    {'o', "h'61'", "a"},
    {'o', "h'ff'", "\xFF"},
    {'o', "b'YWI='", "ab"},
    {'t', "t'2020-01-01T00:00:00Z'", "2020-01-01T00:00:00.000Z"},
    {'t', "t'2021-01-01T00:00:00.5Z'", "2021-01-01T00:00:00.500Z"},
    {'b', "true", "true"},
    {'b', "false", "false"},
};

// Values as JSON; _bin and _hex properties get them too, mostly as text that does not decode.
const std::vector<std::string> values = {"1",
                                         "2.5",
                                         "-3",
                                         "1.0",
                                         "25e-1",
                                         "true",
                                         "false",
                                         "null",
                                         "\"a\"",
                                         "\"ab\"",
                                         "\"\"",
                                         "\"\xC3\xA9\"",
                                         "\"e\xCC\x81\"",
                                         "\"\xC3\xBF\"",
                                         "\"\xC4\x80\"",
                                         "\"YQ==\"",
                                         "\"YWI=\"",
                                         "\"61\"",
                                         "\"ff\"",
                                         "\"FF\"",
                                         "\"2020-01-01T00:00:00.000Z\"",
                                         "\"2021-01-01T00:00:00.500Z\"",
                                         "[]",
                                         "[1,\"a\"]",
                                         "[[1],[\"ab\",2.5]]",
                                         "{\"k\":\"a\"}",
                                         "\"o--2\"",
                                         "[\"o--2\",\"o--9\"]"};

enum class Order { incompatible, less, equal, greater };

Order order_of(const auto& a, const auto& b) { return a < b ? Order::less : b < a ? Order::greater : Order::equal; }

Order relation(const Json& value, const Constant& constant, const std::string& name) {
  const bool hex = name.ends_with("_hex");
  const bool binary = hex || name.ends_with("_bin");
  const bool string = value.kind == Json::Kind::string;
  switch (constant.kind) {
    case 'n':
      return value.kind == Json::Kind::number ? order_of(std::stod(value.text), constant.number) : Order::incompatible;
    case 'b':
      return value.kind != Json::Kind::boolean                     ? Order::incompatible
             : (value.boolean ? "true" : "false") == constant.text ? Order::equal
                                                                   : Order::less;
    case 't': {
      // All timestamps of this test are written with three digits: their order is the order of the texts.
      const bool timestamp = string && !binary && value.text.size() == 24 && value.text.ends_with("Z");
      return timestamp ? order_of(value.text, constant.text) : Order::incompatible;
    }
    case 's':
      if (!binary) {
        return string ? order_of(value.text, constant.text) : Order::incompatible;
      }
      break;
    default:
      break;
  }
  const auto right = constant.kind == 's' ? stix::octets_of(constant.text) : std::optional(constant.text);
  const auto left = !string   ? std::nullopt
                    : !binary ? stix::octets_of(value.text)
                    : hex     ? stix::decode_hex(value.text)
                              : stix::decode_base64(value.text);
  return left && right ? order_of(*left, *right) : Order::incompatible;
}

// LIKE by trying every split. `one` cuts one character off.
bool like(std::string_view pattern, std::string_view text, const std::function<std::size_t(std::string_view)>& one) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '%') {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      if (like(pattern.substr(1), text.substr(at), one)) {
        return true;
      }
    }
    return false;
  }
  if (text.empty()) {
    return false;
  }
  if (pattern.front() == '_') {
    return like(pattern.substr(1), text.substr(one(text)), one);
  }
  return pattern.front() == text.front() && like(pattern.substr(1), text.substr(1), one);
}

bool like_holds(const Json& value, const std::string& pattern, const std::string& name) {
  if (value.kind != Json::Kind::string) {
    return false;
  }
  const auto character = [](std::string_view text) {
    std::size_t at = 0;
    next_code_point(text, at);
    return at;
  };
  if (!name.ends_with("_hex") && !name.ends_with("_bin")) {
    return like(to_nfc(pattern), to_nfc(value.text), character);
  }
  const auto octets = name.ends_with("_hex") ? stix::decode_hex(value.text) : stix::decode_base64(value.text);
  const auto wanted = stix::octets_of(pattern);
  return octets && wanted && like(*wanted, *octets, [](std::string_view) { return std::size_t{1}; });
}

// Every value that the steps lead to, with the name it stands under.
void reach(const std::vector<Json>& objects, const Json& value, const std::vector<std::string>& steps, std::size_t at,
           const std::string& name, bool in_list, std::vector<std::pair<const Json*, std::string>>& out) {
  if (at == steps.size()) {
    out.emplace_back(&value, name);
    return;
  }
  const std::string& step = steps[at];
  if (step == "[*]" || step == "[0]" || step == "[1]") {
    for (std::size_t i = 0; value.kind == Json::Kind::array && i < value.items.size(); ++i) {
      if (step == "[*]" || step[1] - '0' == static_cast<int>(i)) {
        reach(objects, value.items[i], steps, at + 1, name, true, out);
      }
    }
    return;
  }
  const Json* holder = &value;
  if (value.kind == Json::Kind::string && name.ends_with(in_list ? "_refs" : "_ref")) {
    for (const Json& object : objects) {
      if (object.string_or("id", "") == value.text) {
        holder = &object;
      }
    }
  }
  if (const Json* member = holder->kind == Json::Kind::object ? holder->find(step) : nullptr; member != nullptr) {
    reach(objects, *member, steps, at + 1, step, false, out);
  }
}

TEST(StixModel, EveryOperatorOverEveryKind) {
  std::mt19937 random(11);
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::vector<std::string> names = {"p", "q_bin", "r_hex", "s_ref", "t_refs", "k"};
  const std::vector<std::string> operators = {"=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "EXISTS"};
  const std::vector<std::string> likes = {"a",        "%",         "_",  "a_", "%b",       "_%",
                                          "\xC3\xA9", "e\xCC\x81", "__", "",   "\xC3\xBF", "\xC4\x80%"};
  std::size_t held = 0;
  constexpr std::size_t rounds = 20'000;
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<Json> objects;
    std::string list;
    for (int i = 1; i <= 2; ++i) {
      std::string text = R"({"type":"x","id":"o--)" + std::to_string(i) + "\"";
      for (const std::string& name : names) {
        if (below(4) != 0) {
          text += ",\"" + name + "\":" + values[below(values.size())];
        }
      }
      objects.push_back(*wire::parse_json(text + "}"));
      list += (i == 1 ? "" : ",") + text + "}";
    }
    std::vector<std::string> steps = {names[below(names.size())]};
    std::string path = "x:" + steps[0];
    for (std::size_t more = below(3); more > 0; --more) {
      const bool key = below(2) == 0;
      steps.push_back(key ? names[below(names.size())] : std::vector<std::string>{"[*]", "[0]", "[1]"}[below(3)]);
      path += (key ? "." : "") + steps.back();
    }
    const std::string& op = operators[below(operators.size())];
    const bool negated = below(3) == 0;
    std::vector<Constant> wanted = {constants[below(constants.size())]};
    std::string pattern;
    if (op == "EXISTS") {
      pattern = (negated ? "NOT EXISTS " : "EXISTS ") + path;
    } else {
      pattern = fmt::format("{}{}{} ", path, negated ? " NOT " : " ", op);
      if (op == "LIKE") {
        wanted[0] = {'s', "", likes[below(likes.size())]};
        pattern += "'" + wanted[0].text + "'";
      } else if (op == "IN") {
        for (std::size_t more = below(3); more > 0; --more) {
          const Constant& next = constants[below(constants.size())];
          if (next.kind == wanted[0].kind) {
            wanted.push_back(next);
          }
        }
        pattern += "(";
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          pattern += (i == 0 ? "" : ",") + wanted[i].written;
        }
        pattern += ")";
      } else if (wanted[0].kind == 'b' && op != "=" && op != "!=") {
        continue;
      } else {
        pattern += wanted[0].written;
      }
    }
    bool expected = false;
    for (const Json& object : objects) {
      std::vector<std::pair<const Json*, std::string>> reached;
      reach(objects, object, steps, 0, "", false, reached);
      if (op == "EXISTS") {
        expected = expected || reached.empty() == negated;
        continue;
      }
      for (const auto& [value, name] : reached) {
        bool holds = false;
        if (op == "LIKE") {
          holds = like_holds(*value, wanted[0].text, name);
        } else if (op == "IN") {
          for (const Constant& constant : wanted) {
            holds = holds || relation(*value, constant, name) == Order::equal;
          }
        } else {
          const Order order = relation(*value, wanted[0], name);
          holds = op == "="    ? order == Order::equal
                  : op == "!=" ? order != Order::equal
                  : op == "<"  ? order == Order::less
                  : op == ">"  ? order == Order::greater
                  : op == "<=" ? order == Order::less || order == Order::equal
                               : order == Order::greater || order == Order::equal;
        }
        expected = expected || holds != negated;
      }
    }
    const auto compiled = StixPattern::compile("[" + pattern + "]");
    ASSERT_TRUE(compiled) << pattern << "\n" << compiled.error().text();
    const auto bundle = *wire::parse_json(
        R"({"type":"bundle","objects":[{"type":"observed-data","id":"observed-data--1","number_observed":1,"first_observed":)"
        R"("2020-01-01T00:00:00Z","last_observed":"2020-01-01T00:00:00Z","object_refs":["o--1","o--2"]},)" +
        list + "]}");
    StixWork work;
    const auto data = stix::read_observed_data({&bundle, 1});
    const auto found = match(**compiled, *data, work);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->matched, expected) << pattern << "\n" << list;
    held += expected ? 1 : 0;
  }
  EXPECT_GT(held, rounds / 20);
  EXPECT_LT(held, rounds);
}

}  // namespace
}  // namespace tocsin::detect
