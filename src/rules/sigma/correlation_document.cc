// The correlation document (sigma-correlation-rules-specification.md, with what the reference implementation adds:
// value_median, w M y, percentile, boolean conditions over rule names).
#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "base/text.h"
#include "rules/sigma/condition.h"
#include "rules/sigma/document.h"
#include "rules/sigma/documents.h"

namespace tocsin::rules::sigma {
namespace {

using wire::Yaml;
using Type = Correlation::Type;

struct TypeName {
  std::string_view name;
  Type type;
};

constexpr TypeName type_names[] = {
    {"event_count", Type::event_count},           {"value_count", Type::value_count},   {"temporal", Type::temporal},
    {"temporal_ordered", Type::temporal_ordered}, {"value_sum", Type::value_sum},       {"value_avg", Type::value_avg},
    {"value_percentile", Type::value_percentile}, {"value_median", Type::value_median},
};

bool temporal(Type type) { return type == Type::temporal || type == Type::temporal_ordered; }

class CorrelationReader {
 public:
  CorrelationReader(const Yaml& section, Problems& problems) : section_(section), problems_(problems) {}

  void read(CorrelationDraft& draft) {
    check_keys();
    read_type(draft);
    read_rules(draft);
    read_group_by(draft);
    read_timespan(draft);
    read_aliases(draft);
    read_condition(draft);
    if (const Yaml* generate = find("generate")) {
      if (generate->kind != Yaml::Kind::boolean) {
        problems_.error(generate->mark, "'generate' must be true or false");
      } else {
        draft.correlation.generate = ascii_lower(generate->text[0]) == 't';
      }
    }
  }

 private:
  const Yaml* find(std::string_view key) const {
    const Yaml* value = section_.find(key);
    return value == nullptr || value->kind == Yaml::Kind::null ? nullptr : value;
  }

  void check_keys() {
    std::vector<std::string_view> known = {"type", "rules", "group-by", "timespan", "generate", "aliases", "condition"};
    for (const Yaml::Member& member : section_.members) {
      if (std::find(known.begin(), known.end(), member.key) == known.end()) {
        const std::string_view near = nearest(member.key, known);
        problems_.warning(member.mark, "the key " + quoted(member.key) + " has no meaning in a correlation",
                          near.empty() ? std::string() : "did you mean '" + std::string(near) + "'?");
      }
    }
  }

  void read_type(CorrelationDraft& draft) {
    constexpr std::string_view hint =
        "one of: event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, value_percentile, "
        "value_median";
    const Yaml* type = find("type");
    if (type == nullptr) {
      problems_.error(section_.mark, "the correlation has no type", std::string(hint));
      return;
    }
    for (const TypeName& row : type_names) {
      if (type->is_scalar() && ascii_iequals(type->text, row.name)) {
        draft.correlation.type = row.type;
        return;
      }
    }
    problems_.error(type->mark, "the correlation type " + quoted(type->text) + " is not known", std::string(hint));
  }

  void read_rules(CorrelationDraft& draft) {
    const Yaml* rules = find("rules");
    if (rules == nullptr) {
      const Yaml* condition = find("condition");
      const bool named_in_condition =
          temporal(draft.correlation.type) && condition != nullptr && condition->is_scalar();
      if (!named_in_condition) {
        problems_.error(section_.mark, "the correlation refers to no rules", "add: rules: with ids or names");
      }
      return;
    }
    if (rules->kind == Yaml::Kind::map) {
      problems_.error(rules->mark, "the rules of a correlation must be text or a list");
      return;
    }
    if (rules->is_scalar()) {
      draft.rules.push_back({rules->text, rules->mark});
    }
    for (const Yaml& item : rules->items) {
      draft.rules.push_back({read_text(item, "rule of the correlation", problems_), item.mark});
    }
    if (draft.rules.empty()) {
      problems_.error(rules->mark, "the correlation refers to no rules", "add ids or names of rules");
    }
    if (draft.rules.size() > limits::correlation_rules_max) {
      problems_.error(
          ErrorCode::limit, rules->mark,
          "the correlation refers to more than " + std::to_string(limits::correlation_rules_max) + " rules");
      draft.rules.clear();
    }
  }

  void read_group_by(CorrelationDraft& draft) {
    const Yaml* fields = find("group-by");
    if (fields == nullptr) {
      return;
    }
    if (fields->kind == Yaml::Kind::map) {
      problems_.error(fields->mark, "'group-by' must be a field or a list of fields");
      return;
    }
    draft.correlation.group_by = read_texts(*fields, "field of group-by", problems_);
  }

  void read_timespan(CorrelationDraft& draft) {
    constexpr std::string_view hint = "write a number and a unit: 30s, 5m, 1h, 1d, 1w, 1M, 1y";
    const Yaml* timespan = find("timespan");
    if (timespan == nullptr) {
      problems_.error(section_.mark, "the correlation has no timespan", std::string(hint));
      return;
    }
    const std::string_view text = timespan->text;
    const std::int64_t unit = text.empty() ? 0 : unit_seconds(text.back());
    const auto count = text.empty() ? std::nullopt : parse_uint64(text.substr(0, text.size() - 1));
    if (unit == 0 || !count || *count == 0) {
      problems_.error(timespan->mark, "the timespan " + quoted(text) + " is not a time span", std::string(hint));
      return;
    }
    constexpr std::uint64_t longest = std::uint64_t{100} * 31'556'952;
    if (*count > longest / static_cast<std::uint64_t>(unit)) {
      problems_.error(ErrorCode::limit, timespan->mark, "the timespan is longer than a hundred years");
      return;
    }
    draft.correlation.timespan_seconds = static_cast<std::int64_t>(*count) * unit;
  }

  static std::int64_t unit_seconds(char unit) {
    switch (unit) {
      case 's':
        return 1;
      case 'm':
        return 60;
      case 'h':
        return 3600;
      case 'd':
        return 86'400;
      case 'w':
        return 604'800;
      case 'M':
        return 2'629'746;  // a twelfth of the mean Gregorian year
      case 'y':
        return 31'556'952;
      default:
        return 0;
    }
  }

  void read_aliases(CorrelationDraft& draft) {
    const Yaml* aliases = find("aliases");
    if (aliases == nullptr) {
      return;
    }
    constexpr std::string_view hint = "write: alias: {rule_name: field}";
    if (aliases->kind != Yaml::Kind::map) {
      problems_.error(aliases->mark, "'aliases' must be a map", std::string(hint));
      return;
    }
    for (const Yaml::Member& member : aliases->members) {
      if (member.value.kind != Yaml::Kind::map) {
        problems_.error(member.value.mark, "the alias " + quoted(member.key) + " must be a map of rules to fields",
                        std::string(hint));
        continue;
      }
      Correlation::Alias alias;
      alias.name = member.key;
      std::vector<Reference> references;
      for (const Yaml::Member& field : member.value.members) {
        alias.fields.emplace_back(field.key, read_text(field.value, "field of an alias", problems_));
        references.push_back({field.key, field.mark});
      }
      draft.correlation.aliases.push_back(std::move(alias));
      draft.alias_rules.push_back(std::move(references));
    }
  }

  void read_condition(CorrelationDraft& draft) {
    Correlation& correlation = draft.correlation;
    const Yaml* condition = find("condition");
    if (condition == nullptr) {
      if (!temporal(correlation.type)) {
        problems_.error(section_.mark, "the correlation has no condition", "add: condition: with gte: and a number");
      }
      // A temporal correlation without a condition: every rule must have matched.
      correlation.bounds.push_back({.value = static_cast<double>(draft.rules.size())});
      return;
    }
    if (condition->is_scalar()) {
      if (!temporal(correlation.type)) {
        problems_.error(condition->mark, "a condition over rule names needs the type temporal or temporal_ordered",
                        "write: condition: with gte: and a number");
        return;
      }
      draft.boolean_condition = condition->text;
      draft.condition_scalar = *condition;
      return;
    }
    if (condition->kind != Yaml::Kind::map) {
      problems_.error(condition->mark, "the condition must be a map or text",
                      "write: condition: with gte: and a number");
      return;
    }
    for (const Yaml::Member& member : condition->members) {
      read_criterion(member, correlation);
    }
    if (correlation.bounds.empty() && !problems_.failed()) {
      problems_.error(condition->mark, "the condition compares with no number", "add gte, gt, lte, lt, eq or neq");
    }
    check_fields(*condition, correlation);
  }

  void read_criterion(const Yaml::Member& member, Correlation& correlation) {
    struct Row {
      std::string_view name;
      Operator op;
      bool negated;
    };
    constexpr Row rows[] = {{"gt", Operator::greater, false},       {"gte", Operator::greater_equal, false},
                            {"lt", Operator::less, false},          {"lte", Operator::less_equal, false},
                            {"eq", Operator::equals_number, false}, {"neq", Operator::equals_number, true}};
    const Yaml& value = member.value;
    if (member.key == "field") {
      correlation.value_fields = read_texts(value, "field of the condition", problems_);
      return;
    }
    const auto number = value.is_scalar() ? parse_double(value.text) : std::nullopt;
    const bool finite = number && std::isfinite(*number);
    if (member.key == "percentile") {
      if (!finite || *number < 0 || *number > 100) {
        problems_.error(value.mark, "the percentile must be a number from 0 to 100");
      } else {
        correlation.percentile = *number;
      }
      return;
    }
    for (const Row& row : rows) {
      if (member.key == row.name) {
        if (!finite) {
          problems_.error(value.mark, "'" + member.key + "' needs a number, not " + quoted(value.text));
        } else {
          correlation.bounds.push_back({.op = row.op, .negated = row.negated, .value = *number});
        }
        return;
      }
    }
    problems_.error(member.mark, "the condition has no criterion " + quoted(member.key),
                    "use gt, gte, lt, lte, eq, neq, field or percentile");
  }

  void check_fields(const Yaml& condition, const Correlation& correlation) {
    const bool needs_field = correlation.type != Type::event_count && !temporal(correlation.type);
    if (needs_field && correlation.value_fields.empty()) {
      problems_.error(condition.mark, "this correlation type needs a field in its condition", "add: field: and a name");
    } else if (!needs_field && !correlation.value_fields.empty()) {
      problems_.warning(condition.mark, "'field' has no effect in this correlation type", "use value_count");
    }
    if (correlation.value_fields.size() > 1 && correlation.type != Type::value_count && needs_field) {
      problems_.error(condition.mark, "only value_count takes several fields", "name one field");
    }
    if (condition.find("percentile") != nullptr && correlation.type != Type::value_percentile) {
      problems_.warning(condition.mark, "'percentile' has an effect in value_percentile only");
    }
  }

  const Yaml& section_;
  Problems& problems_;
};

}  // namespace

CorrelationDraft read_correlation(const Yaml& document, Problems& problems) {
  CorrelationDraft draft;
  draft.correlation.info = read_info(document, problems);
  const Yaml& section = *document.find("correlation");
  if (section.kind != Yaml::Kind::map) {
    problems.error(section.mark, "the correlation must be a map", "with type, rules, timespan and condition");
    return draft;
  }
  CorrelationReader(section, problems).read(draft);
  // The specification shows `generate` beside the section, the reference implementation reads it inside.
  if (const Yaml* generate = document.find("generate"); generate != nullptr && section.find("generate") == nullptr) {
    draft.correlation.generate = generate->kind == Yaml::Kind::boolean && ascii_lower(generate->text[0]) == 't';
  }
  return draft;
}

}  // namespace tocsin::rules::sigma
