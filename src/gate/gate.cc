#include "gate/gate.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "gate/consent.h"

namespace tocsin::gate {
namespace {

struct Names {
  Kind kind;
  std::string_view names;
};

constexpr std::array actions = {
#define ACTION(kind, names) Names{Kind::kind, names},
#include "gate/actions.def"
#undef ACTION
};

constexpr std::array<std::string_view, 6> own_words = {"own", "self", "us", "ours", "we", "me"};
constexpr std::array<std::string_view, 20> foreign_words = {
    "other",     "third-party", "thirdparty", "foreign", "ally",     "partner", "peer",
    "adversary", "attacker",    "enemy",      "unknown", "victim",   "vendor",  "isp",
    "provider",  "external",    "somebody",   "others",  "stranger", "none"};

bool lists(std::string_view names, std::string_view name) {
  for (std::size_t at = names.find(name); at != std::string_view::npos; at = names.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || names[at - 1] == ' ') && (end == names.size() || names[end] == ' ')) {
      return true;
    }
  }
  return false;
}

Kind kind_of_canonical(std::string_view name) {
  if (name.empty() || name.find(' ') != std::string_view::npos) {
    return name.empty() ? Kind::container : Kind::unknown;
  }
  for (const Names& row : actions) {
    if (lists(row.names, name)) {
      return row.kind;
    }
  }
  return Kind::unknown;
}

bool is_technical(Kind kind) {
  return kind == Kind::passive || kind == Kind::probing || kind == Kind::active || kind == Kind::destroying;
}

}  // namespace

const std::vector<Cell>& table() {
  static const std::vector<Cell> cells = {
#define CELL(kind, scope, consent, verdict, rule) \
  {Kind::kind, Scope::scope, Consent::consent, Class::verdict, Rule::rule},
#include "gate/table.def"
#undef CELL
  };
  return cells;
}

const Cell& cell(Kind kind, Scope scope, Consent consent) {
  const auto& cells = table();
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const Cell& one) {
    return one.kind == kind && one.scope == scope && one.consent == consent;
  });
  check(found != cells.end(), "every kind, scope and consent has a cell in gate/table.def");
  return *found;
}

Kind kind_of_name(std::string_view name) { return kind_of_canonical(canonical(name)); }

Kind kind_of_action(std::string_view name) {
  const std::string whole = canonical(name);
  const Kind known = kind_of_canonical(whole);
  if (known != Kind::unknown) {
    return known;
  }
  Kind verb = Kind::unknown;
  bool first = true;
  for (std::size_t at = 0; at <= whole.size();) {
    const std::size_t end = std::min(whole.find('-', at), whole.size());
    const Kind word = kind_of_canonical(std::string_view(whole).substr(at, end - at));
    // Two words may be one offence: "false-flag", "hack-back".
    const std::size_t next = end < whole.size() ? std::min(whole.find('-', end + 1), whole.size()) : end;
    const Kind pair = kind_of_canonical(std::string_view(whole).substr(at, next - at));
    if (word == Kind::offensive || pair == Kind::offensive) {
      return Kind::offensive;
    }
    if (first && is_technical(word)) {
      verb = word;
    }
    first = false;
    at = end + 1;
  }
  return verb;
}

Owner owner_of(std::string_view name) {
  const std::string word = canonical(name);
  if (word.empty()) {
    return Owner::unsaid;
  }
  if (std::find(own_words.begin(), own_words.end(), word) != own_words.end()) {
    return Owner::own;
  }
  return std::find(foreign_words.begin(), foreign_words.end(), word) != foreign_words.end() ? Owner::foreign
                                                                                            : Owner::named;
}

std::string_view name_of(Class verdict) {
  switch (verdict) {
    case Class::A:
      return "A";
    case Class::B:
      return "B";
    case Class::C:
      return "C";
    case Class::D:
      return "D";
    case Class::L:
      return "L";
    case Class::R:
      return "R";
  }
  return {};
}

std::string_view decision_of(Class verdict) {
  switch (verdict) {
    case Class::A:
      return "allow";
    case Class::B:
      return "sign";
    case Class::C:
      return "consent";
    case Class::D:
    case Class::L:
      return "record";
    case Class::R:
      return "refuse";
  }
  return {};
}

std::string_view code_text(Rule rule) {
  static constexpr std::string_view texts[] = {
#define RULE(name, code, sentence) code,
#include "gate/rules.def"
#undef RULE
  };
  return texts[static_cast<std::size_t>(rule)];
}

std::string_view sentence(Rule rule) {
  static constexpr std::string_view texts[] = {
#define RULE(name, code, sentence) sentence,
#include "gate/rules.def"
#undef RULE
  };
  return texts[static_cast<std::size_t>(rule)];
}

}  // namespace tocsin::gate
