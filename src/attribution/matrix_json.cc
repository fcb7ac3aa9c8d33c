#include "attribution/matrix_json.h"

#include <algorithm>

#include "attribution/confidence.h"

namespace tocsin::attribution {
namespace {

// Claims named in one finding, of each of its two objects; the rows hold them all.
constexpr std::size_t pair_claims_max = 100;

class Writer {
 public:
  Writer(const Record& record, const Matrix& matrix, wire::JsonWriter& json)
      : record_(record), matrix_(matrix), json_(json) {}

  void write() {
    json_.begin_object().member("type", "claim-matrix");
    list("nations", matrix_.nations, [&](const std::string& nation) { named(nation); });
    list("rows", matrix_.rows, [&](const Row& row) { write_row(row); });
    list("partial", matrix_.partial, [&](const ObjectPair& pair) { write_pair(pair, "one-path"); });
    json_.key("conflict").begin_array();
    for (const ObjectPair& pair : matrix_.disjoint) {
      write_pair(pair, "disjoint-objects");
    }
    for (const Contested& one : matrix_.contested) {
      write_contest(one);
    }
    json_.end_array();
    list("echo", matrix_.echoes, [&](std::uint32_t act) { write_echo(act); });
    list("self-inconsistent", matrix_.self_inconsistent,
         [&](const ObjectPair& pair) { write_pair(pair, "disjoint-objects"); });
    json_.key("acts").begin_array();
    for (std::uint32_t i = 0; i < record_.acts.size(); ++i) {
      write_act(i);
    }
    json_.end_array();
    list("unresolved", matrix_.unresolved, [&](const Unresolved& one) {
      json_.begin_object().member("act", id(one.act)).member("target", one.target).end_object();
    });
    list("without_effect", matrix_.without_effect, [&](const Entry& one) {
      json_.begin_object().member("act", id(one.act)).member("target", id(one.claim)).end_object();
    });
    list("notes", record_.notes, [&](const Note& note) {
      json_.begin_object().member("id", note.id).member("message", note.text).end_object();
    });
    list("errors", record_.errors, [&](const Error& error) { write_error(error); });
    json_.key("counts").begin_object();
    json_.key("acts").number(static_cast<std::uint64_t>(record_.acts.size()));
    json_.key("errors").number(static_cast<std::uint64_t>(record_.errors.size()) + record_.errors_left_out);
    json_.key("same_again").number(record_.duplicates);
    json_.key("relationships_not_read_as_claims").number(record_.relationships);
    json_.key("left_out").number(matrix_.left_out);
    json_.end_object().end_object();
  }

 private:
  template <class Values, class Write>
  void list(std::string_view name, const Values& values, Write write) {
    json_.key(name).begin_array();
    for (const auto& value : values) {
      write(value);
    }
    json_.end_array();
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    list(name, values, [&](const std::string& value) { json_.string(value); });
  }
  std::string_view id(std::uint32_t act) const { return header_of(record_.acts[act]).id; }

  void name(const std::string& ref) {
    json_.key("name");
    const auto found = record_.names.find(ref);
    found == record_.names.end() ? json_.null() : json_.string(found->second);
  }
  void named(const std::string& ref) {
    json_.begin_object().member("ref", ref);
    name(ref);
    json_.end_object();
  }
  void object(const Row& row) {
    json_.begin_object().member("ref", row.object).member("granularity", row.granularity);
    name(row.object);
    json_.key("territory").boolean(row.territory).end_object();
  }

  void judgement(std::string_view key, const std::optional<Judgement>& value) {
    if (!value) {
      return;
    }
    json_.key(key);
    if (!value->words.empty()) {
      json_.string(value->words);
    } else if (value->low == value->high) {
      json_.number(*value->low);
    } else {
      json_.begin_array().number(*value->low).number(*value->high).end_array();
    }
  }

  // What an act says, without where it stands.
  void act_members(std::uint32_t index) {
    const SpeechAct& act = record_.acts[index];
    const ActState& state = matrix_.states[index];
    json_.member("id", id(index)).member("act", kind_of(act)).member("verb", verb_of(act));
    if (const auto* claim = std::get_if<Attribution>(&act)) {
      json_.member("words", claim->words).member("level", level_names[static_cast<std::size_t>(claim->level)]);
      judgement("likelihood", claim->likelihood);
      judgement("analytic_confidence", claim->analytic_confidence);
      optional("scale_id", claim->scale);
      if (const auto confidence = stix_confidence(*claim)) {
        json_.key("stix_confidence").begin_object().key("value").number(confidence->value).key("lossy").boolean(true);
        json_.member("from", confidence->from).end_object();
      }
      optional("state_role", claim->state_role);
      optional("relays_ref", claim->relays);
      json_.key("echo").boolean(state.echo);
    } else {
      if (const std::string_view reason = reason_of(act); !reason.empty()) {
        json_.member("reason", reason);
      }
      if (const auto* acknowledgement = std::get_if<Acknowledgement>(&act);
          acknowledgement != nullptr && acknowledgement->list_complete) {
        json_.key("list_complete").boolean(*acknowledgement->list_complete);
      }
    }
    json_.key("stands").boolean(state.ended == Ended::no);
    if (state.ended != Ended::no) {
      json_.member(state.ended == Ended::withdrawn ? "withdrawn_by" : "superseded_by", id(state.ended_by));
    }
  }
  void optional(std::string_view key, const std::string& value) {
    if (!value.empty()) {
      json_.member(key, value);
    }
  }

  void write_row(const Row& row) {
    json_.begin_object().key("activity");
    named(row.activity);
    json_.key("object");
    object(row);
    list("cells", row.cells, [&](const Cell& cell) {
      json_.begin_object().member("nation", cell.nation);
      name(cell.nation);
      list("acts", cell.entries, [&](const Entry& entry) {
        json_.begin_object();
        act_members(entry.act);
        if (entry.act != entry.claim) {
          json_.member("on", id(entry.claim));
        }
        json_.end_object();
      });
      json_.end_object();
    });
    json_.key("independent_claims").number(row.independent_claims).key("partial").boolean(row.partial);
    json_.key("conflict").boolean(row.conflict).key("echo").boolean(row.echo);
    json_.key("self-inconsistent").boolean(row.self_inconsistent).end_object();
  }

  void write_pair(const ObjectPair& pair, std::string_view because) {
    const Row& first = matrix_.rows[pair.first];
    json_.begin_object().key("activity");
    named(first.activity);
    json_.member("because", because);
    if (!pair.claimant.empty()) {
      json_.member("nation", pair.claimant);
      name(pair.claimant);
    }
    json_.key("objects").begin_array();
    for (const std::uint32_t row : {pair.first, pair.second}) {
      object(matrix_.rows[row]);
    }
    json_.end_array().key("claims").begin_array();
    for (const std::uint32_t row : {pair.first, pair.second}) {
      json_.begin_array();
      std::size_t room = pair_claims_max;
      for (const Cell& cell : matrix_.rows[row].cells) {
        if (room == 0) {
          break;
        }
        if (!pair.claimant.empty() && cell.nation != pair.claimant) {
          continue;
        }
        for (const Entry& entry : cell.entries) {
          if (entry.act == entry.claim && matrix_.states[entry.act].ended == Ended::no && room != 0) {
            json_.string(id(entry.act));
            --room;
          }
        }
      }
      json_.end_array();
    }
    json_.end_array();
    if (because == "one-path") {
      texts("path", pair.path);
    }
    json_.key("one_claimant").boolean(pair.one_claimant).end_object();
  }

  void write_contest(const Contested& one) {
    const auto& claim = std::get<Attribution>(record_.acts[one.claim]);
    const SpeechAct& contest = record_.acts[one.contest];
    json_.begin_object().member("because", "contested").key("activities").begin_array();
    for (const std::string& activity : claim.activities) {
      named(activity);
    }
    json_.end_array().member("claim", id(one.claim)).member("claimant", claim.claimant);
    json_.member("contest", id(one.contest)).member("by", speaker_of(contest)).member("reason", reason_of(contest));
    json_.end_object();
  }

  void write_echo(std::uint32_t act) {
    const auto& claim = std::get<Attribution>(record_.acts[act]);
    json_.begin_object().member("claim", id(act)).member("nation", claim.claimant);
    name(claim.claimant);
    json_.member("relays_ref", claim.relays).member("origin", matrix_.states[act].origin).end_object();
  }

  void write_act(std::uint32_t index) {
    const SpeechAct& act = record_.acts[index];
    const Header& header = header_of(act);
    json_.begin_object().member("nation", speaker_of(act));
    name(speaker_of(act));
    act_members(index);
    json_.member("sha256", header.digest);
    optional("created_by_ref", header.created_by);
    optional("created", header.created);
    optional("supersedes_ref", header.supersedes);
    if (const auto* claim = std::get_if<Attribution>(&act)) {
      texts("activity_refs", claim->activities);
      json_.key("object").begin_object().member("ref", claim->object.ref);
      json_.member("granularity", claim->object.granularity_words).end_object();
      if (!claim->evidence.empty()) {
        texts("evidence_refs", claim->evidence);
      }
      if (!claim->norms.empty()) {
        texts("norm_refs", claim->norms);
      }
      optional("released", claim->released);
    } else {
      texts("target_refs", targets_of(act));
      if (const auto* corroboration = std::get_if<Corroboration>(&act)) {
        texts("evidence_refs", corroboration->evidence);
      }
    }
    json_.end_object();
  }

  void write_error(const Error& error) {
    json_.begin_object().member("code", code_text(error.code));
    json_.member("message", error.hint.empty() ? error.message : error.message + " (" + error.hint + ")");
    json_.member("source", error.where.source).key("line").number(error.where.line).end_object();
  }

  const Record& record_;
  const Matrix& matrix_;
  wire::JsonWriter& json_;
};

}  // namespace

void write_matrix(const Record& record, const Matrix& matrix, wire::JsonWriter& json) {
  Writer(record, matrix, json).write();
}

}  // namespace tocsin::attribution
