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

// Verbs and their nouns that are done to something hostile, so that its name says nothing of the deed.
constexpr std::string_view against =
    "hunt detect detection discover monitor monitoring observe analyse analyze analysis search review assess triage "
    "identify "
    "identification investigate investigation collect log inspect alert watch remove removal block deny evict eviction "
    "eradicate "
    "eradication contain containment quarantine isolate isolation patch clean cleanup mitigate mitigation prevent "
    "prevention "
    "disable kill terminate uninstall remediate filter drop stop sinkhole detonate notify warn inform disclose report";

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

Kind listed_kind(std::string_view name) {
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

// A name as it is listed, or its form in -ing or -s: "scanning", "wiping", "implants".
Kind kind_of_canonical(std::string_view name) {
  Kind kind = listed_kind(name);
  const auto try_also = [&](const std::string& form) {
    if (kind == Kind::unknown && form.size() > 2) {
      kind = listed_kind(form);
    }
  };
  if (name.ends_with("ing")) {
    const std::string stem(name.substr(0, name.size() - 3));
    try_also(stem);
    try_also(stem + "e");
    if (stem.size() > 3 && stem[stem.size() - 1] == stem[stem.size() - 2]) {
      try_also(stem.substr(0, stem.size() - 1));
    }
  } else if (name.ends_with('s')) {
    try_also(std::string(name.substr(0, name.size() - 1)));
  }
  return kind;
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
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at <= whole.size();) {
    const std::size_t end = std::min(whole.find('-', at), whole.size());
    words.push_back(std::string_view(whole).substr(at, end - at));
    at = end + 1;
  }
  // What such a verb is done to is an object: "remove-webshell", "ddos-mitigation", "notify-victims-of-intrusion".
  for (const std::string_view end : {words.front(), words.back()}) {
    if (lists(against, end)) {
      return kind_of_canonical(end);
    }
  }
  Kind pair = Kind::unknown;
  for (std::size_t i = 0; i < words.size(); ++i) {
    // Two words may be one name: "false-flag", "takedown-request".
    if (i + 1 < words.size() && !words[i].empty() && !words[i + 1].empty()) {
      const Kind both = kind_of_canonical(std::string(words[i]) + "-" + std::string(words[i + 1]));
      if (both == Kind::offensive) {
        return Kind::offensive;
      }
      if (pair == Kind::unknown && both != Kind::container) {
        pair = both;
      }
    }
  }
  if (pair != Kind::unknown) {
    return pair;
  }
  if (std::any_of(words.begin(), words.end(),
                  [](std::string_view word) { return kind_of_canonical(word) == Kind::offensive; })) {
    return Kind::offensive;
  }
  for (const std::string_view end : {words.front(), words.back()}) {
    if (const Kind kind = kind_of_canonical(end); is_technical(kind)) {
      return kind;
    }
  }
  return Kind::unknown;
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
