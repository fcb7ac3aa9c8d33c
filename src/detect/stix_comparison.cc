#include "detect/stix_comparison.h"

#include <algorithm>

#include "base/limits.h"
#include "base/normalize.h"
#include "base/text.h"
#include "detect/glob.h"
#include "stix/octets.h"

namespace tocsin::detect {
namespace {

using stix::ComparisonOperator;
using stix::Literal;
using stix::PathStep;
using stix::Value;
using stix::ValueKind;

// Section 9.6.1: % any characters, _ exactly one; there is no escape.
rules::Pattern like_pattern(std::string_view text) {
  using Element = rules::Pattern::Element;
  rules::Pattern out;
  for (const char c : text) {
    if (c == '%') {
      if (out.pieces.empty() || out.pieces.back().element != Element::any_run) {
        out.pieces.push_back({Element::any_run, {}});
      }
    } else if (c == '_') {
      out.pieces.push_back({Element::any_one, {}});
    } else {
      if (out.pieces.empty() || out.pieces.back().element != Element::literal) {
        out.pieces.push_back({Element::literal, {}});
      }
      out.pieces.back().text += c;
    }
  }
  return out;
}

// Octets as text whose code points are their values, so that one wildcard matcher serves both.
std::string as_code_points(std::string_view octets) {
  std::string out;
  for (const char c : octets) {
    append_utf8(out, static_cast<unsigned char>(c));
  }
  return out;
}

// The octets of a property value by its name (section 9.6.4), nothing where it is not what its name says.
std::optional<std::string> decoded(std::string_view name, std::string_view text) {
  return name.ends_with("_hex") ? stix::decode_hex(text) : stix::decode_base64(text);
}

std::string_view last_key(const stix::ObjectPath& path) {
  std::string_view key;
  for (const PathStep& step : path.steps) {
    if (step.kind == PathStep::Kind::key) {
      key = step.key;
    }
  }
  return key;
}

// The last of several members with one name counts, as in wire::Json.
const Value* member(const stix::ObjectGraph& graph, const Value& object, std::string_view key) {
  for (std::uint32_t at = object.count; at > 0; --at) {
    const Value& child = graph.values[object.first + at - 1];
    if (child.key == key) {
      return &child;
    }
  }
  return nullptr;
}

const Value* referred(const stix::ObjectGraph& graph, const stix::Observation& observation, std::string_view name) {
  const auto found = std::partition_point(observation.members.begin(), observation.members.end(),
                                          [&](const auto& m) { return m.name < name; });
  return found == observation.members.end() || found->name != name ? nullptr
                                                                   : &graph.values[graph.objects[found->object].value];
}

}  // namespace

Result<StixComparison> StixComparison::make(const stix::Comparison& comparison) {
  StixComparison made;
  made.comparison_ = &comparison;
  const auto& steps = comparison.path.steps;
  std::string_view holder;  // the key under which the value in hand was found
  bool indexed = false;
  for (const PathStep& step : steps) {
    const bool key = step.kind == PathStep::Kind::key;
    made.dereferences_.push_back(key && holder.ends_with(indexed ? "_refs" : "_ref") ? 1 : 0);
    indexed = !key;
    holder = key ? std::string_view(step.key) : holder;
  }
  const std::string_view name = last_key(comparison.path);
  made.binary_ = name.ends_with("_bin") || name.ends_with("_hex");

  const auto octets_of = [&](const Literal& literal) -> std::optional<std::string> {
    return literal.kind == Literal::Kind::octets   ? std::optional(literal.text)
           : literal.kind == Literal::Kind::string ? stix::octets_of(literal.text)
                                                   : std::nullopt;
  };
  switch (comparison.op) {
    case ComparisonOperator::exists:
      break;
    case ComparisonOperator::in:
      for (const Literal& literal : comparison.values) {
        switch (literal.kind) {
          case Literal::Kind::boolean:
            (literal.boolean ? made.true_in_set_ : made.false_in_set_) = true;
            break;
          case Literal::Kind::number:
            if (const auto number = parse_decimal(literal.text)) {
              made.number_set_.push_back(*number);
            }
            break;
          case Literal::Kind::string:
            if (!made.binary_) {
              made.string_set_.push_back(literal.text);
              break;
            }
            [[fallthrough]];
          case Literal::Kind::octets:
            if (auto octets = octets_of(literal)) {
              made.octet_set_.push_back(*std::move(octets));
            }
            break;
          case Literal::Kind::timestamp:
            made.instant_set_.push_back(literal.instant);
            break;
        }
      }
      std::sort(made.number_set_.begin(), made.number_set_.end(),
                [](const Decimal& a, const Decimal& b) { return compare(a, b) < 0; });
      std::sort(made.string_set_.begin(), made.string_set_.end());
      std::sort(made.octet_set_.begin(), made.octet_set_.end());
      std::sort(made.instant_set_.begin(), made.instant_set_.end());
      break;
    case ComparisonOperator::like:
    case ComparisonOperator::matches: {
      std::string text = comparison.values.front().text;
      if (made.binary_) {
        made.octets_ = stix::octets_of(text);
        if (!made.octets_) {
          break;  // no octets are like it
        }
        text = comparison.op == ComparisonOperator::like ? as_code_points(*made.octets_) : *made.octets_;
      } else {
        text = to_nfc(text);
      }
      if (comparison.op == ComparisonOperator::like) {
        made.like_ = like_pattern(text);
        for (const auto& piece : made.like_.pieces) {
          made.like_part_ = std::max(made.like_part_, piece.text.size());
        }
      } else {
        TRY(made.regex_, StixRegex::compile(text, made.binary_));
      }
      break;
    }
    case ComparisonOperator::is_subset:
    case ComparisonOperator::is_superset:
      if (const auto range = stix::parse_address_range(comparison.values.front().text)) {
        made.range_ = *range;
      }
      break;
    case ComparisonOperator::equal:
    case ComparisonOperator::not_equal:
    case ComparisonOperator::less:
    case ComparisonOperator::less_equal:
    case ComparisonOperator::greater:
    case ComparisonOperator::greater_equal: {
      const Literal& literal = comparison.values.front();
      made.octets_ = octets_of(literal);
      if (literal.kind == Literal::Kind::number) {
        if (const auto number = parse_decimal(literal.text)) {
          made.number_ = *number;
        }
      }
      break;
    }
  }
  return made;
}

bool StixComparison::holds(const stix::ObjectGraph& graph, const stix::Observation& observation, std::uint32_t object,
                           StixWork& work, std::uint32_t* met) const {
  const auto& steps = comparison_->path.steps;
  const bool exists = comparison_->op == ComparisonOperator::exists;
  work.places.assign(1, {object, 0});
  std::size_t visited = 0;
  while (!work.places.empty()) {
    const StixWork::Place place = work.places.back();
    work.places.pop_back();
    const Value* value = &graph.values[place.value];
    std::uint32_t at = place.step;
    bool lost = false;
    for (; at < steps.size() && !lost; ++at) {
      const PathStep& step = steps[at];
      if (step.kind == PathStep::Kind::key) {
        if (dereferences_[at] != 0 && value->kind == ValueKind::string) {
          value = referred(graph, observation, value->text);
        }
        value = value != nullptr && value->kind == ValueKind::object ? member(graph, *value, step.key) : nullptr;
        lost = value == nullptr;
      } else if (value->kind != ValueKind::list) {
        lost = true;
      } else if (step.kind == PathStep::Kind::index) {
        lost = step.index >= value->count;
        value = lost ? value : &graph.values[value->first + static_cast<std::uint32_t>(step.index)];
      } else {
        // Last first, so that the stack gives them in order.
        for (std::uint32_t item = value->count; item > 0; --item) {
          work.places.push_back({value->first + item - 1, at + 1});
        }
        visited += value->count;
        lost = true;
      }
    }
    if (visited > limits::pattern_path_values_max) {
      ++work.cut_paths;
      return false;
    }
    if (!work.spend(1)) {
      return false;
    }
    if (lost) {
      continue;
    }
    if (exists && comparison_->negated) {
      return false;
    }
    if (!exists) {
      const std::uint64_t gave_up = work.gave_up;
      const bool holds = value_holds(*value, work);
      const bool undecided = work.exhausted || work.gave_up != gave_up;
      if (undecided || holds == comparison_->negated) {
        continue;
      }
    }
    if (met != nullptr) {
      *met = static_cast<std::uint32_t>(value - graph.values.data());
    }
    return true;
  }
  return exists && comparison_->negated;
}

bool StixComparison::value_holds(const Value& value, StixWork& work) const {
  switch (comparison_->op) {
    case ComparisonOperator::equal:
      return relation(value) == Relation::equal;
    case ComparisonOperator::not_equal:
      return relation(value) != Relation::equal;
    case ComparisonOperator::less:
      return relation(value) == Relation::less;
    case ComparisonOperator::greater:
      return relation(value) == Relation::greater;
    case ComparisonOperator::less_equal: {
      const Relation found = relation(value);
      return found == Relation::less || found == Relation::equal;
    }
    case ComparisonOperator::greater_equal: {
      const Relation found = relation(value);
      return found == Relation::greater || found == Relation::equal;
    }
    case ComparisonOperator::in:
      return in_set(value);
    case ComparisonOperator::like:
    case ComparisonOperator::matches:
    case ComparisonOperator::is_subset:
    case ComparisonOperator::is_superset:
      return value.kind == ValueKind::string && string_holds(value.text, work);
    case ComparisonOperator::exists:
      return true;
  }
  return false;
}

StixComparison::Relation StixComparison::relation(const Value& value) const {
  const auto from = [](auto order) {
    return order < 0 ? Relation::less : order > 0 ? Relation::greater : Relation::equal;
  };
  const Literal& literal = comparison_->values.front();
  switch (literal.kind) {
    case Literal::Kind::boolean:
      return value.kind != ValueKind::boolean   ? Relation::incompatible
             : value.boolean == literal.boolean ? Relation::equal
                                                : Relation::less;
    case Literal::Kind::number: {
      if (value.kind != ValueKind::number) {
        return Relation::incompatible;
      }
      const auto number = parse_decimal(value.text);
      return number ? from(compare(*number, number_)) : Relation::incompatible;
    }
    case Literal::Kind::timestamp: {
      if (value.kind != ValueKind::string || binary_) {
        return Relation::incompatible;
      }
      const auto instant = stix::parse_timestamp(value.text);
      return !instant                     ? Relation::incompatible
             : *instant < literal.instant ? Relation::less
             : *instant > literal.instant ? Relation::greater
                                          : Relation::equal;
    }
    case Literal::Kind::string:
      if (!binary_) {
        return value.kind == ValueKind::string ? from(value.text.compare(literal.text)) : Relation::incompatible;
      }
      [[fallthrough]];
    case Literal::Kind::octets: {
      if (value.kind != ValueKind::string || !octets_) {
        return Relation::incompatible;
      }
      const auto octets = binary_ ? decoded(last_key(comparison_->path), value.text) : stix::octets_of(value.text);
      return octets ? from(octets->compare(*octets_)) : Relation::incompatible;
    }
  }
  return Relation::incompatible;
}

bool StixComparison::in_set(const Value& value) const {
  switch (value.kind) {
    case ValueKind::boolean:
      return value.boolean ? true_in_set_ : false_in_set_;
    case ValueKind::number: {
      const auto number = number_set_.empty() ? std::nullopt : parse_decimal(value.text);
      return number && std::binary_search(number_set_.begin(), number_set_.end(), *number,
                                          [](const Decimal& a, const Decimal& b) { return compare(a, b) < 0; });
    }
    case ValueKind::string: {
      if (!binary_ && std::binary_search(string_set_.begin(), string_set_.end(), value.text)) {
        return true;
      }
      if (!octet_set_.empty()) {
        const auto octets = binary_ ? decoded(last_key(comparison_->path), value.text) : stix::octets_of(value.text);
        return octets && std::binary_search(octet_set_.begin(), octet_set_.end(), *octets);
      }
      if (!instant_set_.empty() && !binary_) {
        const auto instant = stix::parse_timestamp(value.text);
        return instant && std::binary_search(instant_set_.begin(), instant_set_.end(), *instant);
      }
      return false;
    }
    case ValueKind::null:
    case ValueKind::list:
    case ValueKind::object:
      return false;
  }
  return false;
}

bool StixComparison::string_holds(std::string_view text, StixWork& work) const {
  if (comparison_->op == ComparisonOperator::is_subset || comparison_->op == ComparisonOperator::is_superset) {
    const auto range = stix::parse_address_range(text);
    return range && (comparison_->op == ComparisonOperator::is_subset ? range_.holds(*range) : range->holds(range_));
  }
  // A wildcard may compare its longest literal at every place of the text; a search gives up after a fixed number of
  // steps.
  constexpr std::uint64_t bytes_per_step = 16;
  if (!work.spend(text.size() / bytes_per_step * (1 + like_part_ / (4 * bytes_per_step)))) {
    return false;
  }
  std::string made;
  if (binary_) {
    auto octets = octets_ ? decoded(last_key(comparison_->path), text) : std::nullopt;
    if (!octets) {
      return false;
    }
    made = regex_ != nullptr ? *std::move(octets) : as_code_points(*octets);
    text = made;
  } else if (!surely_nfc(text)) {
    made = to_nfc(text);
    text = made;
  }
  if (regex_ == nullptr) {
    return glob_matches(like_, text);
  }
  const Found found = regex_->search(text);
  if (found == Found::gave_up) {
    ++work.gave_up;
    work.spend(limits::regex_steps_max / 4);
  }
  return found == Found::yes;
}

}  // namespace tocsin::detect
