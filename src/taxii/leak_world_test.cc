// The random world of the leak checker and its oracle (leak_world.h).
#include "taxii/leak_world.h"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

namespace tocsin::taxii::test {

namespace {
constexpr std::string_view tlp_ids[] = {"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
                                        "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
                                        "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
                                        "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
                                        "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"};

std::string uuid(int number) { return fmt::format("00000000-0000-4000-8000-{:012}", number); }

constexpr int per_type = 3;
}  // namespace

std::string timestamp(std::size_t year) { return fmt::format("{}-01-01T00:00:00.000Z", 2020 + year); }

World::World(std::uint64_t seed) : random(seed) {
  people = {{"anna", "identity--" + uuid(901)},
            {"bert", "identity--" + uuid(901)},
            {"cleo", "identity--" + uuid(902)},
            {"dino", ""}};
}

const Person& World::person(const std::string& name) const { return *std::ranges::find(people, name, &Person::name); }

std::vector<std::string> World::ids() const {
  std::vector<std::string> out;
  for (const char* type : types) {
    for (int number = 0; number < per_type; ++number) {
      out.push_back(fmt::format("{}--{}", type, uuid(number)));
    }
  }
  return out;
}

Posted World::invent() {
  Posted out;
  out.type = types[below(std::size(types))];
  const int number = static_cast<int>(below(per_type));
  out.id = fmt::format("{}--{}", out.type, uuid(number));
  out.writer = people[below(people.size())].name;
  const bool observable = out.type == "ipv4-addr";
  out.is_definition = out.type == "marking-definition";
  std::string more;
  const auto name = [&](const std::string& id, bool supporting) {
    if (id != out.id) {
      out.named.insert(id);
      if (supporting) {
        out.supports.insert(id);
      }
    }
  };
  const std::size_t year = observable || out.is_definition ? 0 : below(3);
  if (!observable) {
    out.version = timestamp(year);
    more += fmt::format(R"(,"created":"{}")", timestamp(0));
    if (!out.is_definition) {
      more += fmt::format(R"(,"modified":"{}")", out.version);
    }
    if (below(3) == 0 && out.type != "identity" && !out.is_definition) {
      out.created_by = fmt::format("identity--{}", uuid(static_cast<int>(below(per_type))));
      more += fmt::format(R"(,"created_by_ref":"{}")", out.created_by);
      name(out.created_by, true);
    }
  }
  const std::vector<std::string> all = ids();
  if (out.type == "indicator") {
    more +=
        R"(,"pattern":"[ipv4-addr:value = '198.51.100.3']","pattern_type":"stix","valid_from":"2020-01-01T00:00:00Z")";
    if (below(5) == 0) {
      const std::string& told = all[below(all.size())];
      more += fmt::format(R"(,"description":"see {}.")", told);
      name(told, false);
    }
  } else if (out.type == "note") {
    more += R"(,"content":"c","object_refs":[)";
    for (std::size_t left = below(4) == 0 ? 6 : 1; left > 0; --left) {
      const std::string& one = all[below(all.size())];
      more += fmt::format(R"("{}"{})", one, left == 1 ? "]" : ",");
      name(one, one.starts_with("identity--") || one.starts_with("marking-definition--"));
    }
  } else if (out.type == "identity") {
    more += R"(,"name":"n")";
  } else if (out.type == "relationship") {
    const std::string source = fmt::format("indicator--{}", uuid(static_cast<int>(below(per_type))));
    const std::string target =
        fmt::format("{}--{}", below(2) == 0 ? "ipv4-addr" : "identity", uuid(static_cast<int>(below(per_type))));
    more += fmt::format(R"(,"relationship_type":"related-to","source_ref":"{}","target_ref":"{}")", source, target);
    name(source, false);
    name(target, target.starts_with("identity--"));
  } else if (observable) {
    more += fmt::format(R"(,"value":"198.51.100.{}")", number);
  } else {
    // One content for each writer and id, so that what it means does not hang on the order.
    const std::size_t kind =
        (static_cast<std::size_t>(number) + out.writer.size() + static_cast<unsigned char>(out.writer[0])) % 4;
    if (kind == 0) {
      out.defines = Mark::statement;
      more += R"(,"definition_type":"statement","definition":{"statement":"c"})";
    } else {
      out.defines = kind == 1 ? Mark::list : kind == 2 ? Mark::embargo : Mark::past;
      if (kind == 1) {
        out.release_to = {"bert", people[2].organisation};
      }
      more += fmt::format(
          R"(,"extensions":{{"extension-definition--d512726c-1903-4072-b852-4473ec37c961":{{"extension_type":"property-extension",{}}}}})",
          kind == 1   ? fmt::format(R"("release_to":["bert","{}"])", people[2].organisation)
          : kind == 2 ? R"("embargo_until":"2100-01-01T00:00:00Z")"
                      : R"("embargo_until":"2001-01-01T00:00:00Z")");
      if (kind == 1) {
        name(people[2].organisation, false);
      }
      name("extension-definition--d512726c-1903-4072-b852-4473ec37c961", false);
    }
  }
  // Markings: mostly none or one.
  std::string references;
  std::string granular;
  const auto refer = [&](std::string_view id) {
    std::string& into = granular.empty() && below(6) == 0 && !out.is_definition ? granular : references;
    into += fmt::format("{}\"{}\"", into.empty() ? "" : ",", id);
    name(std::string(id), true);
  };
  for (std::size_t count = out.is_definition ? 0 : below(3); count > 0; --count) {
    const auto mark = static_cast<Mark>(1 + below(7));
    if (std::ranges::find(out.marks, mark) != out.marks.end() ||
        (mark >= Mark::clear && mark <= Mark::red && !out.marks.empty())) {
      continue;
    }
    out.marks.push_back(mark);
    if (mark == Mark::unknown) {
      refer("marking-definition--" + uuid(777));
    } else if (mark == Mark::statement) {
      out.definition = fmt::format("marking-definition--{}", uuid(static_cast<int>(below(per_type))));
      refer(out.definition);
    } else {
      refer(tlp_ids[static_cast<std::size_t>(mark) - 1]);
    }
  }
  if (!references.empty()) {
    more += fmt::format(R"(,"object_marking_refs":[{}])", references);
  }
  if (!granular.empty()) {
    more += fmt::format(R"(,"granular_markings":[{{"marking_ref":{},"selectors":["id"]}}])", granular);
  }
  if (!observable && !out.is_definition && below(4) == 0) {
    more += R"(,"lang":"en")";  // another content
  }
  out.bytes = fmt::format(R"({{"type":"{}","spec_version":"2.1","id":"{}"{}}})", out.type, out.id, more);
  return out;
}

// Rules 2, 4, 5, 7 to 10 for a reader of a collection: no audience was declared, so readers count as organisations of
// the audience; whoever brought a version is a person that its audience names.
bool World::allowed(const Posted& posted, const Person& reader) const {
  const bool own = posted.writer == reader.name;
  for (Mark mark : posted.marks) {
    std::vector<std::string> release_to;
    if (mark == Mark::statement) {
      // What it means is said by the definition that the same writer brought.
      mark = Mark::unknown;
      for (const Posted& other : kept) {
        if (other.id == posted.definition && other.writer == posted.writer) {
          mark = other.defines;
          release_to = other.release_to;
          break;
        }
      }
    }
    switch (mark) {
      case Mark::amber:
      case Mark::amber_strict:
        if (!own && reader.organisation.empty()) {
          return false;
        }
        break;
      case Mark::red:
      case Mark::unknown:
        if (!own) {
          return false;
        }
        break;
      case Mark::list:
        if (std::ranges::find(release_to, reader.name) == release_to.end() &&
            (reader.organisation.empty() || std::ranges::find(release_to, reader.organisation) == release_to.end())) {
          return false;
        }
        break;
      case Mark::embargo:
        return false;
      default:
        break;
    }
  }
  return true;
}

bool World::creator(const Posted& first, const Posted& later) const {
  const Person& one = person(first.writer);
  const Person& other = person(later.writer);
  return first.created_by == later.created_by &&
         (one.name == other.name || (!one.organisation.empty() && one.organisation == other.organisation));
}

std::vector<const Posted*> World::seen(const std::string& user) const {
  const Person& reader = person(user);
  // Rule 16: what names an object of which nothing is open is closed; again until nothing changes.
  std::set<const Posted*> open;
  for (const Posted& one : kept) {
    if (allowed(one, reader)) {
      open.insert(&one);
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    std::set<std::string> there;
    std::set<std::string> open_ids;
    for (const Posted& one : kept) {
      if (one.writer == user) {
        continue;
      }
      there.insert(one.id);
      if (open.contains(&one)) {
        open_ids.insert(one.id);
      }
    }
    for (const Posted& one : kept) {
      if (!open.contains(&one) || one.writer == user) {
        continue;
      }
      for (const std::string& id : one.named) {
        if (there.contains(id) && !open_ids.contains(id)) {
          open.erase(&one);
          changed = true;
          break;
        }
      }
    }
  }
  // Rule 15: together with what is shown and uses them. What else counts (rule 17) does not hang on this.
  std::vector<const Posted*> plain;
  for (const Posted& one : kept) {
    if (open.contains(&one) && one.type != "identity" && one.type != "marking-definition") {
      plain.push_back(&one);
    }
  }
  const std::vector<const Posted*> shown = counting(plain);
  std::vector<const Posted*> out;
  for (const Posted& one : kept) {
    if (!open.contains(&one)) {
      continue;
    }
    const bool supporting = one.type == "identity" || one.type == "marking-definition";
    const bool used = std::ranges::any_of(
        shown, [&](const Posted* other) { return other->writer != user && other->supports.contains(one.id); });
    if (!supporting || one.writer == user || used) {
      out.push_back(&one);
    }
  }
  return out;
}

// Rule 17.
std::vector<const Posted*> World::counting(const std::vector<const Posted*>& seen) const {
  std::map<std::string, std::vector<const Posted*>> objects;
  std::vector<const Posted*> out;
  for (const Posted* one : seen) {
    std::vector<const Posted*>& versions = objects[one->id];
    const bool there =
        std::ranges::any_of(versions, [&](const Posted* other) { return other->version == one->version; });
    if (!there && (versions.empty() || creator(*versions.front(), *one))) {
      versions.push_back(one);
      out.push_back(one);
    }
  }
  return out;
}

std::vector<const Posted*> World::counted(const std::string& user) const { return counting(seen(user)); }

bool World::post(const Posted& posted) {
  const Posted* first = nullptr;
  for (const Posted* one : counted(posted.writer)) {
    if (one->id != posted.id) {
      continue;
    }
    if (one->version == posted.version) {
      return one->bytes == posted.bytes;  // the first of this version that the writer sees
    }
    first = first == nullptr ? one : first;
  }
  if (first != nullptr && !creator(*first, posted)) {
    return false;
  }
  kept.push_back(posted);
  return true;
}

bool World::remove(const std::string& user, const std::string& id) {
  std::set<const Posted*> gone;
  for (const Posted* one : seen(user)) {
    if (one->id == id) {
      gone.insert(one);
    }
  }
  std::vector<Posted> rest;
  for (const Posted& one : kept) {
    if (!gone.contains(&one)) {
      rest.push_back(one);
    }
  }
  kept = std::move(rest);
  return !gone.empty();
}

}  // namespace tocsin::taxii::test
