#include "attribution/project.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "attribution/confidence.h"
#include "stix/timestamp.h"
#include "stix/value_syntax.h"
#include "trust/digest.h"
#include "trust/uuid.h"

namespace tocsin::attribution {
namespace {

std::string_view type_of(std::string_view ref) { return ref.substr(0, ref.find("--")); }

class Projector {
 public:
  Projector(const Record& record, const Matrix& matrix, wire::JsonWriter& json)
      : record_(record), matrix_(matrix), json_(json) {}

  Projection write() {
    std::string all;
    for (const SpeechAct& act : record_.acts) {
      all += header_of(act).digest;
    }
    json_.begin_object().member("type", "bundle");
    json_.member("id", "bundle--" + trust::uuid_of_content("claims " + trust::sha256_hex(all)));
    json_.key("objects").begin_array();
    for (std::uint32_t i = 0; i < record_.acts.size(); ++i) {
      if (matrix_.states[i].ended != Ended::no) {
        continue;
      }
      if (const auto* claim = std::get_if<Attribution>(&record_.acts[i])) {
        sort_out(i, *claim);
      } else {
        note(i);
      }
    }
    for (const auto& [key, claims] : relationships_) {
      relationship(key, claims);
    }
    for (const std::string& ref : used_) {
      if (const auto found = record_.objects.find(ref); found != record_.objects.end()) {
        json_.raw(found->second);
      }
    }
    json_.end_array().end_object();
    return result_;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;  // claimant, activity, kind, object

  bool has_time(const SpeechAct& act) const { return stix::parse_timestamp(header_of(act).created).has_value(); }

  // The relationship that says it, or "" where only a note can.
  std::string_view relation(const Attribution& claim, std::string_view activity) const {
    if (claim.object.territory) {
      const std::string_view source = type_of(activity);
      if (type_of(claim.object.ref) != "location") {
        return "";
      }
      return source == "campaign" || source == "intrusion-set" ? "originates-from"
             : source == "threat-actor"                        ? "located-at"
                                                               : "";
    }
    const Granularity granularity = claim.object.granularity;
    return granularity == Granularity::other || granularity == Granularity::unstated ? "" : "attributed-to";
  }

  void sort_out(std::uint32_t index, const Attribution& claim) {
    bool noted = matrix_.states[index].echo;
    for (const std::string& activity : claim.activities) {
      const std::string_view kind = matrix_.states[index].echo ? "" : relation(claim, activity);
      if (kind.empty()) {
        noted = true;
        continue;
      }
      if (!has_time(record_.acts[index]) || !stix::looks_like_identifier(claim.claimant) ||
          !stix::looks_like_identifier(activity) || !stix::looks_like_identifier(claim.object.ref)) {
        ++result_.not_projected;
        continue;
      }
      relationships_[{claim.claimant, activity, std::string(kind), claim.object.ref}].push_back(index);
    }
    if (noted) {
      note(index);
    }
  }

  void common(std::string_view type, const std::string& seed, const std::string& author, const std::string& created) {
    json_.begin_object().member("type", type).member("spec_version", "2.1");
    json_.member("id", std::string(type) + "--" + trust::uuid_of_content(seed));
    json_.member("created_by_ref", author).member("created", created).member("modified", created);
    used_.insert(author);
  }

  void markings(const std::vector<std::uint32_t>& acts) {
    std::set<std::string> all;
    for (const std::uint32_t act : acts) {
      for (const std::string& marking : header_of(record_.acts[act]).markings) {
        if (stix::looks_like_identifier(marking)) {
          all.insert(marking);
          used_.insert(marking);
        }
      }
    }
    if (!all.empty()) {
      json_.key("object_marking_refs").begin_array();
      for (const std::string& marking : all) {
        json_.string(marking);
      }
      json_.end_array();
    }
  }

  void relationship(const Key& key, const std::vector<std::uint32_t>& claims) {
    const auto& [claimant, activity, kind, object] = key;
    std::string seed = "claim " + kind + " " + claimant + " " + activity + " " + object;
    std::string created, description;
    std::optional<StixConfidence> confidence;
    bool first = true;
    for (const std::uint32_t index : claims) {
      const auto& claim = std::get<Attribution>(record_.acts[index]);
      seed += " " + claim.header.digest;
      created = std::max(created, claim.header.created);
      description += fmt::format("{}{}: “{}” ({}, {}; {})", first ? "" : " / ", claim.verb, claim.words,
                                 level_names[static_cast<std::size_t>(claim.level)], claim.object.granularity_words,
                                 claim.header.id);
      auto own = stix_confidence(claim);
      confidence = first || (own && confidence && own->value == confidence->value) ? std::move(own) : std::nullopt;
      first = false;
    }
    common("relationship", seed, claimant, created);
    json_.member("relationship_type", kind).member("source_ref", activity).member("target_ref", object);
    used_.insert(activity);
    used_.insert(object);
    if (confidence && kind == "attributed-to") {
      json_.key("confidence")
          .number(confidence->value)
          .key("labels")
          .begin_array()
          .string("lossy-confidence")
          .end_array();
      description += fmt::format(". The confidence is derived from {}, and lossy.", confidence->from);
    }
    json_.member("description", description);
    markings(claims);
    json_.end_object();
    ++(kind == "attributed-to" ? result_.attributed : result_.territories);
  }

  // Activities that an act is about, itself or through the claims it is on.
  std::set<std::string> subjects(std::uint32_t index) {
    if (about_.empty()) {
      for (const Row& row : matrix_.rows) {
        for (const Cell& cell : row.cells) {
          for (const Entry& entry : cell.entries) {
            about_[entry.act].insert(row.activity);
          }
        }
      }
    }
    return about_[index];
  }

  void note(std::uint32_t index) {
    const SpeechAct& act = record_.acts[index];
    std::set<std::string> refs;
    for (const std::string& subject : subjects(index)) {
      if (stix::looks_like_identifier(subject)) {
        refs.insert(subject);
      }
    }
    if (refs.empty() || !has_time(act) || !stix::looks_like_identifier(speaker_of(act))) {
      ++result_.not_projected;
      return;
    }
    const auto* claim = std::get_if<Attribution>(&act);
    std::string content = fmt::format("{}: {}", kind_of(act), verb_of(act));
    if (claim != nullptr) {
      content += fmt::format(" “{}” ({})", claim->words, claim->object.granularity_words);
      content += claim->relays.empty() ? "" : fmt::format("; relays {}", claim->relays);
    } else {
      std::size_t named = 0;
      for (const std::string& target : targets_of(act)) {
        content += (named == 0 ? " " : ", ") + target;
        if (++named == 20) {
          content += fmt::format(" and {} more", targets_of(act).size() - named);
          break;
        }
      }
      if (const std::string_view reason = reason_of(act); !reason.empty()) {
        content += fmt::format(": “{}”", reason);
      }
    }
    // Who relays a claim writes the note: those words were not put down by the claimant.
    const std::string& writer = header_of(act).created_by;
    const bool relayed = claim != nullptr && !claim->relays.empty() && stix::looks_like_identifier(writer);
    common("note", "claim note " + header_of(act).digest, relayed ? writer : speaker_of(act), header_of(act).created);
    json_.member("abstract", fmt::format("{} by {}", kind_of(act), name_of(record_, speaker_of(act))));
    json_.member("content", content).key("object_refs").begin_array();
    for (const std::string& ref : refs) {
      json_.string(ref);
      used_.insert(ref);
    }
    json_.end_array();
    markings({index});
    json_.end_object();
    ++result_.notes;
  }

  const Record& record_;
  const Matrix& matrix_;
  wire::JsonWriter& json_;
  Projection result_;
  std::map<Key, std::vector<std::uint32_t>> relationships_;
  std::map<std::uint32_t, std::set<std::string>> about_;
  std::set<std::string> used_;
};

}  // namespace

Projection write_stix(const Record& record, const Matrix& matrix, wire::JsonWriter& json) {
  return Projector(record, matrix, json).write();
}

}  // namespace tocsin::attribution
