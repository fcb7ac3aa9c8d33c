#include "gate/gate.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/text.h"
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

struct Technique {
  std::string_view id, name;
  Kind kind;
};
// No std::array: clang deduces the size of no more than 256.
constexpr Technique techniques[] = {
#define D3FEND(id, name, kind) Technique{id, name, Kind::kind},
#define REACT(digit, kind)
#include "gate/frameworks.def"
#undef D3FEND
#undef REACT
};
struct Stage {
  char digit;
  Kind kind;
};
constexpr std::array stages = {
#define D3FEND(id, name, kind)
#define REACT(digit, kind) Stage{digit, Kind::kind},
#include "gate/frameworks.def"
#undef D3FEND
#undef REACT
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
  for (const Technique& one : techniques) {
    if (one.name == name) {
      return one.kind;
    }
  }
  return Kind::unknown;
}

// Six characters in the form of RE&CT ("ra3101"), or a technique of D3FEND ("d3-ni"): what the framework says it does.
struct Named {
  Kind kind = Kind::unknown;
  std::string_view rest;  // what stands behind the id
};
Named framework_name(std::string_view whole) {
  const auto behind = [&](std::size_t size) {
    const std::size_t at = whole.find_first_not_of("-:", size);
    return at == std::string_view::npos ? std::string_view{} : whole.substr(at);
  };
  const auto ends_at = [&](std::size_t size) {
    return whole.size() == size || (whole.size() > size && (whole[size] == '-' || whole[size] == ':'));
  };
  if (ends_at(6) && whole.starts_with("ra") && std::all_of(whole.begin() + 2, whole.begin() + 6, ascii_digit)) {
    for (const Stage& stage : stages) {
      if (stage.digit == whole[2]) {
        return {stage.kind, behind(6)};
      }
    }
  }
  for (const Technique& one : techniques) {
    if (whole.starts_with(one.id) && ends_at(one.id.size())) {
      return {one.kind, behind(one.id.size())};
    }
  }
  return {};
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

bool is_framework_id(std::string_view name) { return framework_name(canonical(name)).kind != Kind::unknown; }

Kind kind_of_name(std::string_view name) { return kind_of_canonical(canonical(name)); }

Kind kind_of_action(std::string_view name) {
  const std::string whole = canonical(name);
  const Kind known = kind_of_canonical(whole);
  if (known != Kind::unknown) {
    return known;
  }
  if (const Named named = framework_name(whole); named.kind != Kind::unknown) {
    // A framework's id lends nothing to another name: the harder of the two counts.
    const Kind rest = named.rest.empty() ? Kind::unknown : kind_of_action(named.rest);
    const bool harder =
        rest == Kind::offensive || (is_technical(rest) && (!is_technical(named.kind) || rest > named.kind));
    return harder ? rest : named.kind;
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
