// Release: may this recipient have this version of this object, wholly, in part or not at all, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/marking.h"

namespace tocsin::policy {

// Who is about to hand the object out: its author, or somebody who was given it.
enum class Holder : std::uint8_t { author, recipient };
enum class Purpose : std::uint8_t { read, forward, publish, backup };
enum class Decision : std::uint8_t { allow, redact, deny };

// Everybody is named by stable identifiers. Empty text is "not known" and never equal to a name.
struct Recipient {
  std::string person;
  std::string organisation;
  std::vector<std::string> client_of;    // organisations whose client the recipient's organisation is
  std::vector<std::string> communities;  // that the recipient belongs to
};

// A part of an object that a granular marking names.
struct Selected {
  enum class Removal : std::uint8_t {
    free,    // can be left out, or made anew in a redacted copy
    never,   // an object of this type cannot do without it
    element  // one element of a list that may not become empty
  };
  std::string text;  // the selector as written
  Removal removal = Removal::never;
  std::string property;       // element: the list
  std::size_t index = 0;      // element: which
  std::size_t list_size = 0;  // element: of how many
};

// A marking where it applies: to the whole object, or to what `selected` names.
struct AppliedMarking {
  Marking marking;
  bool whole = true;
  bool misplaced = false;  // granular, but names nothing that is there: counts for the whole object
  std::vector<Selected> selected;
};

struct Request {
  std::string object_type;
  bool redactable = false;              // domain objects, relationships and language content; never observables
  bool supporting = false;              // a definition or an identity
  bool with_a_released_object = false;  // it goes out together with an object that uses it and that is released
  bool second_definition = false;       // a marking was defined twice
  std::vector<AppliedMarking> markings;
  std::optional<std::vector<std::string>> audience;  // as declared by the author; absent: the collection's readers
  std::optional<stix::Instant> embargo_until;        // declared with the audience
  Holder holder = Holder::recipient;
  std::string holder_organisation;  // of a holder that is a recipient; empty: the organisations of the audience
  Recipient recipient;              // of no meaning for `publish`
  Purpose purpose = Purpose::read;
  std::optional<stix::Instant> at;  // absent: no embargo is over yet
};

enum class ReasonCode : std::uint8_t {
#define REASON(name, code, sentence) name,
#include "policy/reasons.def"
#undef REASON
};
std::string_view code_text(ReasonCode code);
std::string_view sentence(ReasonCode code);

struct Reason {
  ReasonCode code;
  std::string marking;                 // the id that is meant; empty: none
  std::vector<std::string> selectors;  // what is left out, or what stands against it
};

struct Release {
  Decision decision = Decision::deny;
  std::vector<Reason> because;  // at least one; what decided comes first
};

// The one place where release is decided. The rules stand in docs/release.md. Pure; cost grows with markings times
// names of the audience.
Release decide(const Request& request);

std::string_view name_of(Decision decision);

}  // namespace tocsin::policy
