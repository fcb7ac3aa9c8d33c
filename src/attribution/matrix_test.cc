// The claim matrix: the nineteenth of July 2021 as its golden case, the definitions of the views one by one, and
// properties that hold for any record.
#include "attribution/matrix.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "attribution/matrix_json.h"
#include "support/corpus.h"

namespace tocsin::attribution {
namespace {

std::string file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Record read(const std::vector<std::string>& texts) {
  Reader reader;
  for (const std::string& text : texts) {
    EXPECT_TRUE(reader.read(text, "f")) << text;
  }
  return reader.finish();
}

std::string json_of(const Record& record) {
  std::string text;
  wire::JsonWriter writer(text);
  write_matrix(record, claim_matrix(record), writer);
  return text;
}

// One line for each act in each cell: activity | object (granularity) | nation | act.
std::string table(const Record& record, const Matrix& matrix) {
  std::string out;
  for (const Row& row : matrix.rows) {
    for (const Cell& cell : row.cells) {
      for (const Entry& entry : cell.entries) {
        out += name_of(record, row.activity) + " | " + name_of(record, row.object) + " (" + row.granularity + ") | " +
               name_of(record, cell.nation) + " | " + std::string(kind_of(record.acts[entry.act])) + "\n";
      }
    }
  }
  return out;
}

std::string sorted_lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  std::string out;
  for (const std::string& line : lines) {
    out += line + "\n";
  }
  return out;
}

TEST(Matrix, NineteenthOfJuly2021) {
  const Record record = read({file(test::golden() / "claims" / "nineteenth-of-july-2021.json")});
  EXPECT_TRUE(record.errors.empty());
  EXPECT_TRUE(record.notes.empty());
  // Ten speech acts in sixteen objects: three of the United Kingdom, three of Canada, two of Australia and of Japan.
  ASSERT_EQ(record.acts.size(), 16U);
  const Matrix matrix = claim_matrix(record);
  EXPECT_EQ(sorted_lines(table(record, matrix)),
            file(test::golden() / "claims" / "nineteenth-of-july-2021.matrix.txt"));
  EXPECT_TRUE(matrix.unresolved.empty());
  EXPECT_TRUE(matrix.echoes.empty());

  std::set<std::string> ids;
  for (const SpeechAct& act : record.acts) {
    ids.insert(header_of(act).id);
    const std::string who = name_of(record, speaker_of(act));
    if (who == "NATO") {
      ASSERT_TRUE(std::holds_alternative<Acknowledgement>(act));
      EXPECT_EQ(std::get<Acknowledgement>(act).list_complete, false);
    }
    if (who == "China") {
      EXPECT_TRUE(std::holds_alternative<Contest>(act));
    }
    if (who == "European Union") {
      EXPECT_TRUE(std::get<Attribution>(act).object.territory);
    }
  }
  EXPECT_EQ(ids.size(), record.acts.size());

  // The United States spoke twice, and not alike.
  ASSERT_EQ(matrix.self_inconsistent.size(), 1U);
  EXPECT_EQ(name_of(record, matrix.self_inconsistent[0].claimant), "United States");
  // APT40 is named by three at three places of one path; China's territory is on no path.
  std::set<std::string> partial;
  for (const ObjectPair& pair : matrix.partial) {
    const Row &finer = matrix.rows[pair.first], &coarser = matrix.rows[pair.second];
    EXPECT_FALSE(finer.territory || coarser.territory);
    partial.insert(name_of(record, finer.activity) + ": " + name_of(record, finer.object) + " < " +
                   name_of(record, coarser.object));
  }
  EXPECT_EQ(partial, (std::set<std::string>{
                         "Exchange Server compromise of 2021: Ministry of State Security < Ministry of State Security",
                         "activity of APT40: Hainan State Security Department < China",
                         "activity of APT40: Hainan State Security Department < Ministry of State Security",
                         "activity of APT40: Ministry of State Security < China"}));
  for (const Row& row : matrix.rows) {
    EXPECT_TRUE(row.conflict) << "China contests every claim";
  }
  EXPECT_EQ(matrix.contested.size(), 12U);
}

std::string claim(std::string_view id, std::string_view nation, std::string_view object, std::string_view more = "",
                  std::string_view granularity = "organ") {
  return R"({"type":"tocsin-attribution","id":")" + std::string(id) + R"(","claimant_ref":")" + std::string(nation) +
         R"(","activity_refs":["x"],"object":{"ref":")" + std::string(object) + R"(","granularity":")" +
         std::string(granularity) + R"("},"level":"political","verb":"v","words":"w")" + std::string(more) + "}";
}
std::string react(std::string_view id, std::string_view verb, std::string_view nation, std::string_view target) {
  return R"({"type":"tocsin-acknowledgement","id":")" + std::string(id) + R"(","verb":")" + std::string(verb) +
         R"(","by_ref":")" + std::string(nation) + R"(","reason":"r","evidence_refs":["e"],"target_refs":[")" +
         std::string(target) + "\"]}";
}
std::string part(std::string_view part, std::string_view whole, std::string_view how = "part-of") {
  return R"({"type":"relationship","id":"relationship--)" + std::string(part) + std::string(whole) +
         R"(","relationship_type":")" + std::string(how) + R"(","source_ref":")" + std::string(part) +
         R"(","target_ref":")" + std::string(whole) + "\"}";
}
Matrix matrix_of(const std::vector<std::string>& texts) { return claim_matrix(read(texts)); }

TEST(Matrix, PartialIsOnePathAndConflictIsNone) {
  const std::vector<std::string> path = {part("apt", "hssd"), part("hssd", "mss"), part("mss", "prc", "is-a"),
                                         part("pla", "prc")};
  const auto with = [&](const std::string& a, const std::string& b) {
    auto texts = path;
    texts.insert(texts.end(), {a, b});
    return matrix_of(texts);
  };
  const Matrix partial = with(claim("1", "n", "prc"), claim("2", "m", "apt"));
  ASSERT_EQ(partial.partial.size(), 1U);
  EXPECT_TRUE(partial.disjoint.empty());
  EXPECT_EQ(partial.partial[0].path, (std::vector<std::string>{"apt", "hssd", "mss", "prc"}));
  EXPECT_EQ(partial.rows[partial.partial[0].first].object, "apt");
  // Two branches below one trunk are no path.
  const Matrix branches = with(claim("1", "n", "pla"), claim("2", "m", "mss"));
  EXPECT_TRUE(branches.partial.empty());
  EXPECT_EQ(branches.disjoint.size(), 1U);
  EXPECT_TRUE(branches.self_inconsistent.empty());
  // Territory is a branch of its own, even of the same name.
  const Matrix territory = with(claim("1", "n", "prc", "", "territory"), claim("2", "m", "prc", "", "state"));
  EXPECT_TRUE(territory.partial.empty());
  EXPECT_EQ(territory.disjoint.size(), 1U);
  const Matrix location = with(part("location--h", "prc"), claim("1", "n", "location--h", "", "state"));
  EXPECT_TRUE(location.rows[0].territory);
  // One organisation at two granularities is two objects on one path.
  const Matrix two = with(claim("1", "n", "mss", "", "organ"), claim("2", "m", "mss", "", "organ-affiliated"));
  EXPECT_EQ(two.rows.size(), 2U);
  EXPECT_EQ(two.partial.size(), 1U);
  // Agreement is neither.
  const Matrix same = with(claim("1", "n", "mss"), claim("2", "m", "mss"));
  EXPECT_EQ(same.rows.size(), 1U);
  EXPECT_TRUE(same.partial.empty() && same.disjoint.empty());
  EXPECT_EQ(same.rows[0].independent_claims, 2U);
}

TEST(Matrix, ACircleOfPartsEnds) {
  const Matrix matrix = matrix_of({part("a", "b"), part("b", "a"), part("c", "c"), claim("1", "n", "a"),
                                   claim("2", "m", "c"), claim("3", "l", "b")});
  EXPECT_EQ(matrix.partial.size(), 1U);
  EXPECT_EQ(matrix.disjoint.size(), 2U);
}

TEST(Matrix, SelfInconsistentNeedsOneClaimantAndNoSuccessor) {
  EXPECT_EQ(matrix_of({claim("1", "n", "a"), claim("2", "n", "b")}).self_inconsistent.size(), 1U);
  EXPECT_EQ(matrix_of({claim("1", "n", "a"), claim("2", "m", "b")}).self_inconsistent.size(), 0U);
  EXPECT_EQ(matrix_of({part("a", "b"), claim("1", "n", "a"), claim("2", "n", "b")}).self_inconsistent.size(), 0U);
  EXPECT_EQ(
      matrix_of({claim("1", "n", "a"), claim("2", "n", "b", R"(,"supersedes_ref":"1")")}).self_inconsistent.size(), 0U);
  EXPECT_EQ(matrix_of({claim("1", "n", "a"), claim("2", "n", "b"), react("3", "withdraw", "n", "1")})
                .self_inconsistent.size(),
            0U);
}

TEST(Matrix, OnlyTheSpeakerTakesBackOrReplaces) {
  const Matrix foreign = matrix_of(
      {claim("1", "n", "a"), claim("2", "m", "b", R"(,"supersedes_ref":"1")"), react("3", "withdraw", "m", "1")});
  EXPECT_EQ(foreign.states[0].ended, Ended::no);
  EXPECT_EQ(foreign.without_effect.size(), 2U);
  EXPECT_EQ(foreign.disjoint.size(), 1U);
  const Matrix own =
      matrix_of({claim("1", "n", "a"), react("3", "withdraw", "n", "1"), react("4", "contest", "m", "1")});
  EXPECT_EQ(own.states[0].ended, Ended::withdrawn);
  EXPECT_EQ(own.rows.size(), 1U) << "what was said stays to be seen";
  EXPECT_EQ(own.rows[0].independent_claims, 0U);
  EXPECT_FALSE(own.rows[0].conflict);
}

TEST(Matrix, AContestIsAConflictAndTheOthersAreNot) {
  for (const std::string_view verb :
       {"acknowledge", "recognise", "note", "welcome", "dissociate", "support", "no-position", "corroborate"}) {
    const Matrix matrix = matrix_of({claim("1", "n", "a"), react("2", verb, "m", "1")});
    ASSERT_EQ(matrix.rows.size(), 1U);
    EXPECT_FALSE(matrix.rows[0].conflict) << verb;
    EXPECT_EQ(matrix.rows[0].cells.size(), 2U) << verb;
    EXPECT_EQ(matrix.rows[0].independent_claims, 1U) << verb;
  }
  const Matrix contested = matrix_of({claim("1", "n", "a"), react("2", "contest", "m", "1")});
  EXPECT_TRUE(contested.rows[0].conflict);
  ASSERT_EQ(contested.contested.size(), 1U);
  const Matrix withdrawn =
      matrix_of({claim("1", "n", "a"), react("2", "contest", "m", "1"), react("3", "withdraw", "m", "2")});
  EXPECT_FALSE(withdrawn.rows[0].conflict);
}

TEST(Matrix, AnEchoCountsOnceWithWhatItRepeats) {
  const auto echo = [](std::string_view id, std::string_view nation, std::string_view of, std::string_view more = "") {
    return claim(id, nation, "a", R"(,"relays_ref":")" + std::string(of) + "\"" + std::string(more));
  };
  const Matrix one = matrix_of({claim("1", "n", "a"), echo("2", "m", "1"), echo("3", "l", "2")});
  EXPECT_EQ(one.rows[0].independent_claims, 1U);
  ASSERT_EQ(one.echoes.size(), 2U);
  EXPECT_EQ(one.states[2].origin, "1");
  // What is repeated need not be at hand.
  EXPECT_EQ(matrix_of({echo("2", "m", "away"), echo("3", "l", "away")}).rows[0].independent_claims, 1U);
  // Evidence of one's own makes it more than an echo; borrowed evidence does not.
  EXPECT_EQ(matrix_of({claim("1", "n", "a"), echo("2", "m", "1", R"(,"evidence_refs":["own"])")}).echoes.size(), 0U);
  EXPECT_EQ(
      matrix_of({claim("1", "n", "a", R"(,"evidence_refs":["e"])"), echo("2", "m", "1", R"(,"evidence_refs":["e"])")})
          .echoes.size(),
      1U);
  // Those who repeat each other said it once between them.
  const Matrix circle = matrix_of({echo("2", "m", "3"), echo("3", "l", "2")});
  EXPECT_EQ(circle.rows[0].independent_claims, 1U);
}

TEST(Matrix, UnknownTargetsAreTold) {
  const Matrix matrix = matrix_of({react("1", "acknowledge", "n", "nowhere")});
  ASSERT_EQ(matrix.unresolved.size(), 1U);
  EXPECT_EQ(matrix.unresolved[0].target, "nowhere");
  EXPECT_TRUE(matrix.rows.empty());
}

TEST(Matrix, AStatementStandsForWhatItHolds) {
  const std::string report = R"({"type":"report","id":"report--1","name":"statement","object_refs":["1","report--2"]})";
  const std::string inner = R"({"type":"report","id":"report--2","object_refs":["2","report--1"]})";
  const Matrix matrix =
      matrix_of({report, inner, claim("1", "n", "a"), claim("2", "n", "b"), react("3", "support", "m", "report--1")});
  std::size_t supports = 0;
  for (const Row& row : matrix.rows) {
    for (const Cell& cell : row.cells) {
      supports += cell.nation == "m" ? cell.entries.size() : 0;
    }
  }
  EXPECT_EQ(supports, 2U);
}

// ---- Properties ----

std::vector<std::string> world() {
  std::vector<std::string> texts;
  const auto name = [](std::string_view prefix, int count) {
    return std::string(prefix) + std::to_string(*rc::gen::inRange(0, count));
  };
  const int acts = *rc::gen::inRange(0, 14);
  for (int i = 0; i < acts; ++i) {
    const std::string id = name("id", 12);
    if (*rc::gen::inRange(0, 3) != 0) {
      std::string more;
      if (*rc::gen::inRange(0, 3) == 0) {
        more += R"(,"relays_ref":")" + name("id", 12) + "r\"";
      }
      if (*rc::gen::inRange(0, 4) == 0) {
        more += R"(,"supersedes_ref":"o)" + name("id", 12) + "\"";
      }
      texts.push_back(
          claim(id, name("n", 4), name("o", 5), more, *rc::gen::inRange(0, 4) == 0 ? "territory" : "organ"));
    } else {
      const std::vector<std::string> verbs = {"acknowledge", "support", "contest", "withdraw", "corroborate"};
      texts.push_back(react("r" + id, verbs[static_cast<std::size_t>(*rc::gen::inRange(0, 5))], name("n", 4),
                            *rc::gen::inRange(0, 4) == 0 ? "r" + name("id", 12) + "x" : name("id", 12)));
    }
  }
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
    texts.push_back(part(name("o", 5), name("o", 5)));
  }
  return texts;
}

TEST(MatrixProperties, OrderAndRepetitionDoNotMatter) {
  EXPECT_TRUE(rc::check("one matrix for every order", [] {
    auto texts = world();
    const std::string expected = json_of(read(texts));
    auto shuffled = texts;
    for (std::size_t i = shuffled.size(); i > 1; --i) {
      std::swap(shuffled[i - 1], shuffled[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(i)))]);
    }
    const auto without_counts = [](std::string text) { return text.substr(0, text.rfind("\"counts\"")); };
    RC_ASSERT(without_counts(json_of(read(shuffled))) == without_counts(expected));
    shuffled.insert(shuffled.end(), texts.begin(), texts.end());
    RC_ASSERT(without_counts(json_of(read(shuffled))) == without_counts(expected));
  }));
}

TEST(MatrixProperties, NoActIsMergedLostOrMoved) {
  EXPECT_TRUE(rc::check("every act that differs is there with its own words", [] {
    const auto texts = world();
    const Record record = read(texts);
    std::set<std::string> different;
    for (const std::string& text : texts) {
      if (text.starts_with(R"({"type":"tocsin)")) {
        different.insert(text);
      }
    }
    RC_ASSERT(record.acts.size() + record.errors.size() >= different.size());
    std::set<std::string> digests;
    for (const SpeechAct& act : record.acts) {
      digests.insert(header_of(act).digest);
    }
    RC_ASSERT(digests.size() == record.acts.size());
    const Matrix matrix = claim_matrix(record);
    std::vector<std::size_t> seen(record.acts.size());
    for (const Row& row : matrix.rows) {
      for (const Cell& cell : row.cells) {
        for (const Entry& entry : cell.entries) {
          // An act stands in its speaker's column, on a claim about this row's activity and object.
          RC_ASSERT(speaker_of(record.acts[entry.act]) == cell.nation);
          const auto& on = std::get<Attribution>(record.acts[entry.claim]);
          RC_ASSERT(on.object.ref == row.object);
          RC_ASSERT(on.object.territory == row.territory);
          RC_ASSERT(std::ranges::find(on.activities, row.activity) != on.activities.end());
          seen[entry.act] += entry.act == entry.claim ? 1 : 0;
        }
      }
      RC_ASSERT(row.independent_claims <= record.acts.size());
    }
    for (std::size_t i = 0; i < record.acts.size(); ++i) {
      RC_ASSERT(seen[i] == (std::holds_alternative<Attribution>(record.acts[i]) ? 1U : 0U));
    }
  }));
}

// The definitions of the text, slowly and for pairs of claims.
TEST(MatrixProperties, ViewsAgreeWithTheirDefinitions) {
  EXPECT_TRUE(rc::check("partial, conflict and self-inconsistent as defined", [] {
    const Record record = read(world());
    const Matrix matrix = claim_matrix(record);
    const auto above = [&](const std::string& a, const std::string& b) {
      std::set<std::string> up = {a};
      for (std::size_t before = 0; before != up.size();) {
        before = up.size();
        for (const Containment& one : record.containments) {
          if (up.contains(one.part)) {
            up.insert(one.whole);
          }
        }
      }
      return up.contains(b);
    };
    const auto ended = [&](const SpeechAct& act) {
      return std::ranges::any_of(record.acts, [&](const SpeechAct& other) {
        const bool takes_back = std::holds_alternative<Withdrawal>(other) &&
                                std::ranges::find(targets_of(other), header_of(act).id) != targets_of(other).end();
        return speaker_of(other) == speaker_of(act) && (takes_back || header_of(other).supersedes == header_of(act).id);
      });
    };
    std::set<std::string> partial, disjoint, inconsistent;
    for (const SpeechAct& x : record.acts) {
      for (const SpeechAct& y : record.acts) {
        const auto *a = std::get_if<Attribution>(&x), *b = std::get_if<Attribution>(&y);
        if (a == nullptr || b == nullptr || ended(x) || ended(y)) {
          continue;
        }
        const auto thing = [](const Attribution& one) { return (one.object.territory ? "t " : "a ") + one.object.ref; };
        if (thing(*a) >= thing(*b)) {
          continue;
        }
        const std::string pair = thing(*a) + "/" + thing(*b);
        if (a->object.territory == b->object.territory &&
            (above(a->object.ref, b->object.ref) || above(b->object.ref, a->object.ref))) {
          partial.insert(pair);
        } else {
          disjoint.insert(pair);
          if (a->claimant == b->claimant) {
            inconsistent.insert(a->claimant + ": " + pair);
          }
        }
      }
    }
    const auto names = [&](const std::vector<ObjectPair>& pairs) {
      std::set<std::string> out;
      for (const ObjectPair& pair : pairs) {
        const auto thing = [&](std::uint32_t row) {
          return (matrix.rows[row].territory ? "t " : "a ") + matrix.rows[row].object;
        };
        const auto [first, second] = std::minmax({thing(pair.first), thing(pair.second)});
        out.insert((pair.claimant.empty() ? "" : pair.claimant + ": ") + first + "/" + second);
      }
      return out;
    };
    RC_ASSERT(names(matrix.partial) == partial);
    RC_ASSERT(names(matrix.disjoint) == disjoint);
    RC_ASSERT(names(matrix.self_inconsistent) == inconsistent);
  }));
}

}  // namespace
}  // namespace tocsin::attribution
