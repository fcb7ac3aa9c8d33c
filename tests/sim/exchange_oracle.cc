// Who may have what in a world of exchange: the rules of docs/release.md once more, in few words, for what these worlds
// contain.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/exchange_node.h"
#include "sim/exchange_world.h"

namespace tocsin::sim {

using exchange::CollectionRef;
using exchange::Relation;
using Marking = Version::Marking;

bool World::author_gives(const Version& version, std::size_t to, std::int64_t at) const {
  if (version.marking == Marking::unknown || (version.embargo != 0 && at < version.embargo)) {
    return false;
  }
  const Relation& relation = nodes_[version.author]->relations.at(to);
  return !version.audience || holds(*version.audience, nodes_[to]->organisation) ||
         std::ranges::any_of(relation.communities, [&](const auto& one) { return holds(*version.audience, one); });
}

bool World::recipient_gives(const Version& version, std::size_t from, std::size_t to) const {
  if (version.audience && version.audience->empty()) {
    return false;
  }
  const Relation& relation = nodes_[from]->relations.at(to);
  const bool client = holds(relation.client_of, nodes_[from]->organisation);
  const bool audience =
      !version.audience || holds(*version.audience, nodes_[to]->organisation) ||
      std::ranges::any_of(relation.communities, [&](const auto& one) { return holds(*version.audience, one); });
  switch (version.marking) {
    case Marking::clear:
      return true;
    case Marking::green:
      return audience || client;
    case Marking::amber:
      return client;
    case Marking::none:
      return audience;
    case Marking::strict:
    case Marking::red:
    case Marking::unknown:
    case Marking::count_:
      return false;
  }
  return false;
}

bool World::reads(std::size_t from, const std::string& collection, std::size_t to) const {
  const auto relation = nodes_[from]->relations.find(to);
  return relation != nodes_[from]->relations.end() &&
         std::ranges::any_of(relation->second.collections,
                             [&](const CollectionRef& one) { return one.id == collection; });
}

bool World::gives(std::size_t from, const Version& version, std::size_t to, bool final) const {
  if (version.author == from) {
    return reads(from, version.collection, to) && author_gives(version, to, final ? now_ : INT64_MAX);
  }
  return reads(from, "inbox", to) && recipient_gives(version, from, to);
}

// Who may have it at all, by any way; sightings go to few.
std::set<std::size_t> World::reach(const Version& version, bool final) const {
  std::set<std::size_t> out = {version.author};
  if (version.sighting) {
    for (const auto& [other, relation] : nodes_[version.author]->relations) {
      out.insert(other);
    }
    return out;
  }
  for (bool more = true; more;) {
    more = false;
    for (const auto& from : nodes_) {
      if (!out.contains(from->number) || (final && from->hostile && from->number != version.author)) {
        continue;
      }
      // What nobody signed counts only from its author once there is a second version.
      if (final && from->number != version.author && !version.with_signature) {
        continue;
      }
      for (const auto& [to, relation] : from->relations) {
        more = (gives(from->number, version, to, final) && out.insert(to).second) || more;
      }
    }
  }
  return out;
}

// Who must have it in the end: along every edge no object that stands there and is hidden may be named.
std::set<std::size_t> World::entitled(const Version& version) const {
  std::set<std::size_t> out = {version.author};
  if (version.sighting) {
    const auto indicator =
        std::ranges::find(versions_, version.references.front(), [](const Version& one) { return one.id; });
    if (indicator != versions_.end() && nodes_[version.author]->relations.contains(indicator->author) &&
        reads(version.author, version.collection, indicator->author)) {
      out.insert(indicator->author);
    }
    return out;
  }
  std::map<std::string, std::vector<std::pair<const Version*, std::set<std::size_t>>>> named;
  for (const std::string& id : version.references) {
    for (const Version& one : versions_) {
      if (one.id == id) {
        named[id].emplace_back(&one, entitled(one));
      }
    }
  }
  for (bool more = true; more;) {
    more = false;
    for (const auto& from : nodes_) {
      const bool author = from->number == version.author;
      if (!out.contains(from->number) || (from->hostile && !author) || (!author && !version.with_signature)) {
        continue;
      }
      for (const auto& [to, relation] : from->relations) {
        if (!gives(from->number, version, to, true)) {
          continue;
        }
        const bool clear = std::ranges::all_of(named, [&](const auto& entry) {
          return std::ranges::any_of(entry.second, [&](const auto& one) {
            return one.second.contains(from->number) && gives(from->number, *one.first, to, true);
          });
        });
        more = (clear && out.insert(to).second) || more;
      }
    }
  }
  return out;
}

}  // namespace tocsin::sim
