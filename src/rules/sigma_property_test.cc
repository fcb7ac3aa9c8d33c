// Properties that hold for any input: the condition grammar against a model, encodings against what they must find.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/limits.h"
#include "rules/dump.h"
#include "rules/sigma.h"
#include "rules/sigma/condition.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

namespace tocsin::rules {
namespace {

// ---- Conditions --------------------------------------------------------------------------------------------

constexpr std::size_t names = 5;
using Truths = std::array<bool, names>;

// A random expression: its text, and its truth for every assignment of the five names.
struct Expression {
  std::string text;
  int binding = 3;  // 0 or, 1 and, 2 not, 3 name or parentheses
  std::vector<bool> truth;
};

Expression random_expression(int depth) {
  Expression out;
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 5);
  if (kind <= 1) {
    const int name = *rc::gen::inRange<int>(0, names);
    out.text = std::string("n") + static_cast<char>('a' + name);
    for (unsigned row = 0; row < 1U << names; ++row) {
      out.truth.push_back((row >> name & 1U) != 0);
    }
    return out;
  }
  const auto operand = [&](int least_binding) {
    Expression part = random_expression(depth - 1);
    if (part.binding < least_binding || *rc::gen::inRange(0, 8) == 0) {
      part.text = "(" + part.text + ")";
    }
    return part;
  };
  const Expression left = operand(kind == 2 ? 2 : kind == 3 ? 1 : 0);
  if (kind == 2) {
    out.binding = 2;
    out.text = "not " + left.text;
    for (const bool truth : left.truth) {
      out.truth.push_back(!truth);
    }
    return out;
  }
  const Expression right = operand(kind == 3 ? 1 : 0);
  out.binding = kind == 3 ? 1 : 0;
  out.text = left.text + (kind == 3 ? " and " : " or ") + right.text;
  for (std::size_t row = 0; row < left.truth.size(); ++row) {
    out.truth.push_back(kind == 3 ? left.truth[row] && right.truth[row] : left.truth[row] || right.truth[row]);
  }
  return out;
}

class Letters final : public sigma::ConditionNames {
 public:
  explicit Letters(std::vector<Node>& nodes) : nodes_(nodes) {}
  sigma::ConditionResult<std::uint32_t> name(std::string_view text, std::size_t) override {
    Node node;
    node.kind = Node::Kind::leaf;
    node.leaf = static_cast<std::uint32_t>(text[1] - 'a');
    nodes_.push_back(std::move(node));
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  sigma::ConditionResult<std::uint32_t> selector(bool, std::string_view, std::string_view, std::size_t at) override {
    return std::unexpected(sigma::ConditionProblem{.message = "none here", .hint = {}, .at = at});
  }

 private:
  std::vector<Node>& nodes_;
};

bool evaluate(const std::vector<Node>& nodes, unsigned row) {
  std::vector<bool> truth(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    std::size_t trues = 0;
    for (const std::uint32_t child : nodes[i].children) {
      trues += truth[child] ? 1 : 0;
    }
    switch (nodes[i].kind) {
      case Node::Kind::leaf:
        truth[i] = (row >> nodes[i].leaf & 1U) != 0;
        break;
      case Node::Kind::all_of:
        truth[i] = trues == nodes[i].children.size();
        break;
      case Node::Kind::any_of:
        truth[i] = trues != 0;
        break;
      case Node::Kind::none_of:
        truth[i] = trues == 0;
        break;
      case Node::Kind::always:
        truth[i] = true;
        break;
      case Node::Kind::never:
        break;
    }
  }
  return truth.back();
}

RC_GTEST_PROP(SigmaConditionProperty, PrecedenceIsThatOfTheModel, ()) {
  const Expression expression = random_expression(5);
  std::vector<Node> nodes;
  Letters letters(nodes);
  const auto root = sigma::parse_condition(expression.text, letters, nodes);
  RC_ASSERT(root.has_value());
  RC_ASSERT(*root + 1 == nodes.size());
  for (unsigned row = 0; row < 1U << names; ++row) {
    RC_ASSERT(evaluate(nodes, row) == expression.truth[row]);
  }
}

RC_GTEST_PROP(SigmaConditionProperty, AnyTextGivesARootOrAProblemInside, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
      "na", "nb", "and", "or", "not", "(", ")", "1", "of", "all", "them", "n*", "|", "\xC3\xBC", "\x01", " ", "#"}));
  std::string text;
  for (const std::string& word : words) {
    text += word + " ";
  }
  std::vector<Node> nodes;
  Letters letters(nodes);
  const auto root = sigma::parse_condition(text, letters, nodes);
  if (root) {
    RC_ASSERT(*root + 1 == nodes.size());
  } else {
    RC_ASSERT(root.error().at <= text.size());
    RC_ASSERT(!root.error().message.empty());
  }
}

// ---- Encodings ---------------------------------------------------------------------------------------------

std::string base64(const std::string& bytes) {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += alphabet[bits >> count & 63];
    }
  }
  if (count > 0) {
    out += alphabet[bits << (6 - count) & 63];
  }
  while (out.size() % 4 != 0) {
    out += '=';
  }
  return out;
}

std::vector<std::string> encodings(const std::string& secret, std::initializer_list<const char*> chain) {
  sigma::Item item;
  item.field = "F";
  sigma::Value value;
  value.leaf.pattern = sigma::literal_pattern(secret);
  value.leaf.written = secret;
  item.values.push_back(std::move(value));
  std::vector<const sigma::Modifier*> modifiers;
  for (const char* name : chain) {
    modifiers.push_back(sigma::find_modifier(name));
  }
  std::size_t at = 0;
  const auto problem = sigma::apply(modifiers, item, at);
  EXPECT_FALSE(problem.has_value());
  std::vector<std::string> out;
  for (const sigma::Value& each : item.values) {
    out.push_back(sigma::literal_text(each.leaf.pattern));
  }
  return out;
}

RC_GTEST_PROP(SigmaBase64Property, EveryPlaceOfASecretIsFound, (const std::string& front, const std::string& back)) {
  const auto secret = *rc::gen::resize(40, rc::gen::suchThat(rc::gen::arbitrary<std::string>(),
                                                             [](const std::string& text) { return text.size() > 1; }));
  const std::string text = base64(front + secret + back);
  bool found = false;
  for (const std::string& encoding : encodings(secret, {"base64offset"})) {
    found = found || text.find(encoding) != std::string::npos;
  }
  RC_ASSERT(found);
}

RC_GTEST_PROP(SigmaBase64Property, WholeValuesAreEncodedWhole, (const std::string& secret)) {
  RC_ASSERT(encodings(secret, {"base64"}) == std::vector<std::string>{base64(secret)});
}

TEST(SigmaBase64, Rfc4648Vectors) {
  const std::vector<std::pair<std::string, std::string>> vectors = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(encodings(plain, {"base64"}), std::vector<std::string>{encoded});
  }
}

// ---- Depth -------------------------------------------------------------------------------------------------

TEST(SigmaDepth, NestedSearchesEndAtTheLimitOfYaml) {
  // Document, detection and search take three of the levels.
  const auto load = [](std::size_t lists) {
    SigmaLoader loader;
    loader.add("f.yml", "title: t\nlogsource: {product: x}\ndetection: {s: " + std::string(lists, '[') + "{A: 1}" +
                            std::string(lists, ']') + ", condition: s}\n");
    return std::move(loader).finish();
  };
  const std::size_t most = limits::nesting_max - 3;
  EXPECT_EQ(load(most).rules.size(), 1U);
  const RuleSet set = load(most + 1);
  ASSERT_EQ(set.diagnostics.size(), 1U);
  EXPECT_EQ(set.diagnostics[0].error.code, ErrorCode::limit);
}

}  // namespace
}  // namespace tocsin::rules
