// Which computer a row belongs to. Rows that name one go there; the others follow the files they lie beside, and a
// request that two logs share.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "verdict/book_case.h"
#include "verdict/paths.h"

namespace tocsin::verdict {

const std::string& BookCase::root(const Sources& sources, std::uint32_t source) {
  const auto [found, fresh] = roots_.try_emplace(source);
  if (fresh) {
    if (const auto coverage = sources.find(source); coverage != sources.end()) {
      found->second = root_of(coverage->second.path);
    }
  }
  return found->second;
}

// The scope of what has no name: the one named computer whose files lie in or below the folder, or in the nearest one
// above; else the folder itself.
std::uint32_t BookCase::scope_of_root(const std::string& root) {
  if (const auto found = scope_of_root_.find(root); found != scope_of_root_.end()) {
    return found->second;
  }
  if (!owners_known_) {
    owners_known_ = true;
    for (std::uint32_t at = 0; at < scopes_.size(); ++at) {
      if (scopes_[at].named && scopes_[at].marked) {
        for (const std::string& own : scopes_[at].roots) {
          owners_.emplace(own, at);
        }
      }
    }
  }
  std::uint32_t best = no_scope;
  bool several = false;
  const auto take = [&](std::uint32_t owner) {
    several = several || (best != no_scope && best != owner);
    best = owner;
  };
  const auto take_folder = [&](const std::string& folder) {
    const auto [begin, end] = owners_.equal_range(folder);
    for (auto at = begin; at != end && !several; ++at) {
      take(at->second);
    }
  };
  take_folder(root);
  const std::string inside = root.empty() ? std::string{} : root + "/";
  // Logs in the very same folder come before those below it.
  for (auto at = best == no_scope ? owners_.lower_bound(inside) : owners_.end();
       at != owners_.end() && at->first.starts_with(inside) && !several; ++at) {
    take(at->second);
  }
  for (std::string above = root; best == no_scope && !above.empty();) {
    const std::size_t slash = above.rfind('/');
    above.resize(slash == std::string::npos ? 0 : slash);
    take_folder(above);
  }
  if (best == no_scope || several) {
    Scope scope;
    scope.name = root.empty() ? "unnamed" : "unnamed in " + root;
    scopes_.push_back(std::move(scope));
    best = static_cast<std::uint32_t>(scopes_.size() - 1);
  }
  scope_of_root_[root] = best;
  return best;
}

// A source without names whose requests stand in the logs of one named computer belongs to that computer.
void BookCase::join_sources_by_request(const Sources& sources) {
  const auto request = book_.find_key("request");
  if (!request) {
    return;
  }
  std::unordered_map<std::string, std::uint32_t> owner;
  for (const Stored& fact : facts_) {
    if (fact.scope != no_scope) {
      if (const std::string_view id = value_of(book_, fact, *request); id.size() > 8) {
        owner.emplace(ascii_lower(id), fact.scope);
      }
    }
  }
  std::map<std::uint32_t, std::map<std::uint32_t, std::size_t>> votes;
  for (const Stored& fact : facts_) {
    if (fact.scope == no_scope) {
      if (const auto found = owner.find(ascii_lower(value_of(book_, fact, *request))); found != owner.end()) {
        ++votes[fact.source][found->second];
      }
    }
  }
  // A log's other files lie beside it: what the requests of one day tell holds for the folder, unless they disagree.
  std::map<std::string, std::uint32_t, std::less<>> folders;
  const auto folder = [&](std::uint32_t source) {
    const auto found = sources.find(source);
    return found == sources.end() ? std::string{} : std::string(folder_of(found->second.path));
  };
  for (const auto& [source, scopes] : votes) {
    if (scopes.size() == 1) {
      scope_of_source_[source] = scopes.begin()->first;
      const auto [known, fresh] = folders.try_emplace(folder(source), scopes.begin()->first);
      known->second = fresh || known->second == scopes.begin()->first ? known->second : no_scope;
    }
  }
  for (const auto& [key, seen] : seen_) {
    if (const auto known = folders.find(folder(key.source));
        known != folders.end() && known->second != no_scope && !known->first.empty()) {
      scope_of_source_.try_emplace(key.source, known->second);
    }
  }
}

void BookCase::place(const Sources& sources) {
  const auto server_key = book_.find_key("server");
  const auto scope_of_name = [&](std::string_view name) -> std::uint32_t {
    if (trim(name).empty() || name == "-") {
      return no_scope;
    }
    return scope_of_host(name);
  };
  const auto add_root = [&](std::uint32_t scope, std::uint32_t source) {
    std::vector<std::string>& own = scopes_[scope].roots;
    const std::string& where = root(sources, source);
    if (std::find(own.begin(), own.end(), where) == own.end() && own.size() < 64) {
      own.push_back(where);
    }
  };
  for (const auto& [key, seen] : seen_) {
    if (const std::uint32_t scope = scope_of_name(key.server); scope != no_scope) {
      scopes_[scope].marked = scopes_[scope].marked || seen.marks;
      if (seen.marks && book_.inputs[key.input].mark.empty()) {
        add_root(scope, key.source);
      }
    }
  }
  // A listing or an export may gather several computers in one place: it tells where a computer's files lie only where
  // no log of its own does.
  for (const auto& [key, seen] : seen_) {
    if (const std::uint32_t scope = scope_of_name(key.server);
        scope != no_scope && seen.marks && scopes_[scope].roots.empty()) {
      add_root(scope, key.source);
    }
  }
  for (Stored& fact : facts_) {
    std::string_view name = server_key ? value_of(book_, fact, *server_key) : std::string_view{};
    if (name.empty()) {
      name = fact.host;
    }
    fact.scope = scope_of_name(name);
    if (fact.scope != no_scope && book_.rows[fact.row].marks) {
      scopes_[fact.scope].marked = true;
      if (scopes_[fact.scope].roots.empty()) {
        add_root(fact.scope, fact.source);
      }
    }
  }
  join_sources_by_request(sources);
  const auto scope_without_name = [&](std::uint32_t source) {
    const auto found = scope_of_source_.find(source);
    return found != scope_of_source_.end() ? found->second : scope_of_root(root(sources, source));
  };
  for (const auto& [key, seen] : seen_) {
    if (scope_of_name(key.server) == no_scope) {
      const std::uint32_t scope = scope_without_name(key.source);
      scope_of_source_[key.source] = scope;
      scopes_[scope].marked = scopes_[scope].marked || seen.marks;
    }
  }
  for (Stored& fact : facts_) {
    if (fact.scope == no_scope) {
      fact.scope = scope_without_name(fact.source);
      scopes_[fact.scope].marked = scopes_[fact.scope].marked || book_.rows[fact.row].marks;
    }
  }
}

void BookCase::index_scopes() {
  by_scope_.assign(scopes_.size(), {});
  for (std::uint32_t at = 0; at < facts_.size(); ++at) {
    if (facts_[at].scope != no_scope) {
      by_scope_[facts_[at].scope].facts.push_back(at);
    }
  }
  for (auto seen = seen_.cbegin(); seen != seen_.cend(); ++seen) {
    std::uint32_t scope = named_scope(seen->first.server);
    if (scope == no_scope) {
      const auto unnamed = scope_of_source_.find(seen->first.source);
      scope = unnamed == scope_of_source_.end() ? no_scope : unnamed->second;
    }
    if (scope != no_scope) {
      by_scope_[scope].seen.push_back(seen);
    }
  }
}

}  // namespace tocsin::verdict
