// A small random world for the leak checker: users, and what they post, kept apart from the service that is tested,
// with an oracle that says from docs/release.md alone what each user may see. Slow, and meant to be read beside that
// page.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tocsin::taxii::test {

struct Person {
  std::string name, organisation;
};

// The kinds of marking that a posted object can have.
enum class Mark : std::uint8_t {
  none,
  clear,
  green,
  amber,
  amber_strict,
  red,
  unknown,
  statement,
  list,
  embargo,
  past
};

struct Posted {
  std::string id, type, version;  // version: empty for an observable
  std::string writer, created_by;
  std::vector<Mark> marks;
  std::string definition;          // the id that a `statement`, `list`, `embargo` or `past` mark names
  std::set<std::string> named;     // every other id in its bytes
  std::set<std::string> supports;  // those of `named` that are identities or definitions in properties of their own
  std::string bytes;
  std::int64_t ticks = 0;
  bool is_definition = false;
  Mark defines = Mark::none;
  std::vector<std::string> release_to;
};

inline constexpr const char* types[] = {"indicator",    "note",      "identity",
                                        "relationship", "ipv4-addr", "marking-definition"};
std::string timestamp(std::size_t year);

struct World {
  explicit World(std::uint64_t seed);

  std::vector<Person> people;
  std::vector<Posted> kept;  // in order; what was taken and not deleted

  // A new thing to post, by anyone.
  Posted invent();
  // Takes it, or says no, as rule 17 says.
  bool post(const Posted& posted);
  // What the user sees of the object goes. False: nothing is seen of it.
  bool remove(const std::string& user, const std::string& id);
  // What a user may see, and of it what counts, in order.
  std::vector<const Posted*> seen(const std::string& user) const;
  std::vector<const Posted*> counted(const std::string& user) const;
  std::vector<std::string> ids() const;  // of all objects that could be in this world
  const Person& person(const std::string& name) const;

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random() % limit); }
  std::mt19937_64 random;

 private:
  bool allowed(const Posted& posted, const Person& reader) const;
  std::vector<const Posted*> counting(const std::vector<const Posted*>& seen) const;
  bool creator(const Posted& first, const Posted& later) const;
};

}  // namespace tocsin::taxii::test
