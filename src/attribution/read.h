// Reads speech acts from STIX objects, bundles and JSON lines into a Record that keeps every one of them apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "attribution/speech_act.h"
#include "base/result.h"
#include "wire/json.h"

namespace tocsin::attribution {

// "APT40 is part of the Hainan State Security Department", as somebody's relationship object says.
struct Containment {
  std::string part;
  std::string whole;
  std::string relationship;  // its id
};

// Something that is odd but does not keep an object from being read.
struct Note {
  std::string id;
  std::string text;
};

// All acts that were read, each once for each content, in the order of their ids and digests whatever order they came
// in; beside them what is needed to name things and to place objects of blame. Nothing in it is ever merged.
struct Record {
  std::vector<SpeechAct> acts;
  boost::unordered_flat_map<std::string, std::string> names;  // of objects that are no acts
  std::vector<Containment> containments;                      // is-a and part-of
  // A statement or report and what it holds: an act on it is an act on each.
  boost::unordered_flat_map<std::string, std::vector<std::string>> collections;
  boost::unordered_flat_map<std::string, std::string> objects;  // id → text, for the export
  std::vector<Error> errors;                                    // what could not be read
  std::vector<Note> notes;
  std::uint64_t errors_left_out = 0;
  std::uint64_t duplicates = 0;     // the same content again
  std::uint64_t relationships = 0;  // attributed-to of others: they carry no words, and are no attributions
  std::uint64_t other_objects = 0;
};

// One STIX object as an act. Errors: syntax with the member's name. Any type but the acts' own is an error.
Result<SpeechAct> read_act(const wire::Json& object, std::vector<Note>* notes = nullptr);
// Whether `type` is the type of an act.
bool is_act_type(std::string_view type);

class Reader {
 public:
  // A bundle, an array of objects, one object, or one of these on each line. What cannot be read is in the record's
  // errors with file, line and id, and ends nothing. Gives an error only for a text of which nothing can be read.
  Result<void> read(std::string_view text, std::string_view file);
  // The record, ordered. The reader is empty then.
  Record finish();

 private:
  void add_document(const wire::Json& document, const Where& where);
  void add_object(const wire::Json& object, const Where& where);
  void add_context(const wire::Json& object, std::string_view type);
  void fail(Error error);

  Record record_;
  boost::unordered_flat_map<std::string, std::uint64_t> digests_;
};

}  // namespace tocsin::attribution
