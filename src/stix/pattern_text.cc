// Writes patterns. Recursion follows parentheses and qualifiers only, whose depth the parser limits.
#include "base/text.h"
#include "stix/pattern.h"
#include "trust/base64.h"
#include "trust/digest.h"

namespace tocsin::stix {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '\'';
}

class Writer {
 public:
  explicit Writer(const Pattern& pattern) : pattern_(pattern) {}

  void observation(std::uint32_t at) {
    const ObservationNode& node = pattern_.observations[at];
    out_ += node.parentheses ? "(" : "";
    switch (node.kind) {
      case ObservationNode::Kind::observation:
        out_ += '[';
        expression(node.expression);
        out_ += ']';
        break;
      case ObservationNode::Kind::all_of:
        children(node, " AND ");
        break;
      case ObservationNode::Kind::any_of:
        children(node, " OR ");
        break;
      case ObservationNode::Kind::followed_by:
        children(node, " FOLLOWEDBY ");
        break;
      case ObservationNode::Kind::repeats:
        children(node, "");
        out_ += " REPEATS " + std::to_string(node.times) + " TIMES";
        break;
      case ObservationNode::Kind::within:
        children(node, "");
        out_ += " WITHIN " + node.written + " SECONDS";
        break;
      case ObservationNode::Kind::start_stop:
        children(node, "");
        out_ += " START t'" + node.written + "' STOP t'" + node.written_stop + "'";
        break;
    }
    out_ += node.parentheses ? ")" : "";
  }
  std::string take() { return std::move(out_); }

 private:
  void children(const ObservationNode& node, std::string_view between) {
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      out_ += i == 0 ? "" : between;
      observation(node.children[i]);
    }
  }
  void expression(std::uint32_t at) {
    const ExpressionNode& node = pattern_.expressions[at];
    out_ += node.parentheses ? "(" : "";
    if (node.kind == ExpressionNode::Kind::comparison) {
      out_ += comparison_text(pattern_.comparisons[node.comparison]);
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      out_ += i == 0 ? "" : node.kind == ExpressionNode::Kind::all_of ? " AND " : " OR ";
      expression(node.children[i]);
    }
    out_ += node.parentheses ? ")" : "";
  }

  const Pattern& pattern_;
  std::string out_;
};

}  // namespace

std::string_view operator_text(ComparisonOperator op) {
  switch (op) {
    case ComparisonOperator::equal:
      return "=";
    case ComparisonOperator::not_equal:
      return "!=";
    case ComparisonOperator::less:
      return "<";
    case ComparisonOperator::less_equal:
      return "<=";
    case ComparisonOperator::greater:
      return ">";
    case ComparisonOperator::greater_equal:
      return ">=";
    case ComparisonOperator::in:
      return "IN";
    case ComparisonOperator::like:
      return "LIKE";
    case ComparisonOperator::matches:
      return "MATCHES";
    case ComparisonOperator::is_subset:
      return "ISSUBSET";
    case ComparisonOperator::is_superset:
      return "ISSUPERSET";
    case ComparisonOperator::exists:
      return "EXISTS";
  }
  return {};
}

std::string literal_text(const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::boolean:
      return literal.boolean ? "true" : "false";
    case Literal::Kind::number:
      return literal.text;
    case Literal::Kind::string:
      return quoted(literal.text);
    case Literal::Kind::octets:
      return literal.hex ? "h'" + trust::to_hex(literal.text) + "'" : "b'" + trust::to_base64(literal.text) + "'";
    case Literal::Kind::timestamp:
      return "t'" + literal.text + "'";
  }
  return {};
}

std::string path_text(const ObjectPath& path) {
  std::string out = path.type + ":";
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    const PathStep& step = path.steps[i];
    switch (step.kind) {
      case PathStep::Kind::key:
        out += i == 0 ? "" : ".";
        out += step.quoted ? quoted(step.key) : step.key;
        break;
      case PathStep::Kind::index:
        out += "[" + std::to_string(step.index) + "]";
        break;
      case PathStep::Kind::any:
        out += "[*]";
        break;
    }
  }
  return out;
}

std::string comparison_text(const Comparison& comparison) {
  const std::string path = path_text(comparison.path);
  const std::string op = std::string(comparison.negated ? "NOT " : "") + std::string(operator_text(comparison.op));
  if (comparison.op == ComparisonOperator::exists) {
    return op + " " + path;
  }
  if (comparison.op != ComparisonOperator::in) {
    return path + " " + op + " " + literal_text(comparison.values.front());
  }
  std::string out = path + " " + op + " (";
  for (std::size_t i = 0; i < comparison.values.size(); ++i) {
    out += (i == 0 ? "" : ", ") + literal_text(comparison.values[i]);
  }
  return out + ")";
}

std::string pattern_text(const Pattern& pattern) {
  Writer writer(pattern);
  writer.observation(static_cast<std::uint32_t>(pattern.observations.size() - 1));
  return writer.take();
}

}  // namespace tocsin::stix
