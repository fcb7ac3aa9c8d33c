// What people are shown beside a verdict: forks in every status, files that were changed, and what is due.
#include <gtest/gtest.h>

#include "council/bundle.h"
#include "council/holding.h"
#include "council/paper_table.h"
#include "council/reminders.h"
#include "council/status_page.h"

namespace tocsin::council {
namespace {

using namespace simulation;

// Two entries of `name` behind its last one, given to `to` and nobody else.
void fork(Table& net, const std::string& name, const std::string& to) {
  Consultation& held = net.at(to);
  const auto* after = &held.item().ledger().entry(held.item().tips(name).front());
  for (const std::string text : {"one", "two"}) {
    Act act;
    act.kind = consult::Kind::position;
    act.body = names_silence(net.silence).substr(0, 77) + R"(,"stance":"support","text":")" + text + "\"}";
    const Unsigned entry = *compose(act, &net.item(), name, after, net.seconds());
    const std::string json = with_signature(entry, trust::ed25519_sign(entry.canonical, seed_of(name)));
    EXPECT_EQ(held.receive(json), Intake::added);
  }
}

TEST(Shown, AForkIsNamedWhateverTheStatus) {
  Table net;
  net.adopt();
  Item& item = net.at("JPN").item();
  EXPECT_FALSE(has(status_page(item, "JPN", net.seconds(), utc), "two histories"));
  fork(net, "EST", "JPN");
  const consult::State state = item.state(net.seconds());
  ASSERT_EQ(state.status, consult::Status::adopted);
  ASSERT_EQ(state.equivocators, std::vector<std::string>{"EST"});
  const std::vector<std::string> words = fork_words(item, state);
  ASSERT_EQ(words.size(), 1U);
  std::size_t named = 0;
  for (const Item::Held& held : item.entries()) {
    const std::string text = body_text(*held.entry, "text");
    named += held.entry->author == "EST" && (text == "one" || text == "two") && has(words[0], short_id(held.entry->id));
  }
  EXPECT_EQ(named, 2U) << words[0];
  EXPECT_TRUE(has(words[0], "EST signed two histories (a fork)")) << words[0];
  EXPECT_TRUE(has(status_page(item, "JPN", net.seconds(), utc), words[0]));
  EXPECT_TRUE(has(log_page(item, net.seconds(), utc), words[0]));
  const Verdict verdict = net.verify(write_bundle(item));
  EXPECT_EQ(first_line(verdict), "Adopted, final");
  EXPECT_TRUE(verdict.final());
  EXPECT_TRUE(has(to_json(verdict), "EST signed two histories"));
  const RecordOptions options{.roster = "r", .time = utc, .made = net.seconds()};
  EXPECT_TRUE(has(record_text(verdict, options), words[0]));
  EXPECT_TRUE(has(record_text(verdict, options), "passed; signed two histories"));
  // Before anything is decided too.
  Table early;
  early.silence = *early.act(
      "CHAIR", consult::Kind::silence,
      "{\"draft\":" + in_quotes(early.draft) + ",\"deadline\":\"2026-03-03T12:00:00Z\",\"class\":\"crisis\"}");
  early.run_for(60'000);
  fork(early, "POL", "EST");
  EXPECT_TRUE(has(status_page(early.at("EST").item(), "EST", early.seconds(), utc), "POL signed two histories"));
}

TEST(Shown, AChangedFileSaysSoInTheFirstLine) {
  Table net;
  net.adopt();
  const std::string bundle = write_bundle(net.at("POL").item());
  EXPECT_EQ(first_line(net.verify(bundle)), "Adopted, final");
  std::string other = bundle;
  other.replace(other.find("We condemn"), 10, "We condone");
  EXPECT_EQ(first_line(net.verify(other)),
            "Adopted, final; but a text in this file is NOT the one that its signatures name");
  std::string cut = bundle;
  cut.erase(cut.rfind('\n', cut.size() - 2) + 1);
  EXPECT_EQ(first_line(net.verify(cut)), "Adopted, final; but this file was cut or changed after it was made");
  EXPECT_TRUE(has(to_json(net.verify(cut)), R"("caution":"this file was cut or changed after it was made")"));
}

TEST(Shown, WhatIsDue) {
  Table net;
  const auto due = [&](const std::string& name) {
    Item& item = net.at(name).item();
    std::string out;
    for (const std::string& one : reminders(item, name, item.state(net.seconds()), net.seconds(), utc)) {
      out += one + "\n";
    }
    return out;
  };
  EXPECT_EQ(due("EST"), "");
  net.silence =
      *net.act("CHAIR", consult::Kind::silence,
               "{\"draft\":" + in_quotes(net.draft) + ",\"deadline\":\"2026-03-03T12:00:00Z\",\"class\":\"crisis\"}");
  net.run_for(60'000);
  EXPECT_EQ(due("EST"), "") << "two days before";
  EXPECT_TRUE(has(status_page(net.at("EST").item(), "EST", net.seconds(), utc), "Not passed yet: EST"));
  net.run_to("2026-03-02T13:30:00Z");
  EXPECT_TRUE(has(due("EST"), "EST has neither passed nor objected, and the silence ends in 22 hours")) << due("EST");
  EXPECT_TRUE(has(status_page(net.at("EST").item(), "EST", net.seconds(), utc), "due          EST has neither"));
  EXPECT_EQ(due("JPN"), "") << "a partner owes nothing";
  ASSERT_TRUE(net.act("EST", consult::Kind::pass, names_silence(net.silence)));
  net.run_for(60'000);
  EXPECT_EQ(due("EST"), "");
  net.cut_off({"POL"});
  ASSERT_TRUE(net.act("POL", consult::Kind::position,
                      names_silence(net.silence).substr(0, 77) + R"(,"stance":"break","text":"no"})"));
  EXPECT_TRUE(has(due("POL"), "is held by 0 other witnesses, and 2 are needed")) << due("POL");
  net.heal();
  net.run_for(60'000);
  EXPECT_EQ(due("POL"), "");
  Table good;
  good.silence =
      *good.act("CHAIR", consult::Kind::silence,
                "{\"draft\":" + in_quotes(good.draft) + ",\"deadline\":\"2026-03-03T12:00:00Z\",\"class\":\"crisis\"}");
  good.run_for(60'000);
  for (const std::string name : {"EST", "NOR", "POL"}) {
    ASSERT_TRUE(good.act(name, consult::Kind::pass, names_silence(good.silence)));
  }
  good.run_for(60'000);
  Item& chair = good.at("CHAIR").item();
  const auto told = reminders(chair, "CHAIR", chair.state(good.seconds()), good.seconds(), utc);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(has(told[0], "Everybody has passed"));
}

TEST(Shown, HowTheConsultationItselfIsMarked) {
  const auto pages_with = [](const std::string& marking) {
    Network net({.members = {"EST", "NOR"}, .marking = marking}, "CHAIR", "A text", "2026-03-01T08:00:00Z");
    net.run_for(2'000);
    Item& item = net.node("NOR").consultation->item();
    consult::Ed25519Verifier verifier;
    const Verdict verdict = verify_bundle(*read_bundle(write_bundle(item)),
                                          {.roster = item.roster().hash, .as_of = net.seconds()}, verifier, utc);
    const RecordOptions options{.roster = "r", .time = utc, .made = net.seconds()};
    return std::vector<std::string>{status_page(item, "NOR", net.seconds(), utc), log_page(item, net.seconds(), utc),
                                    record_text(verdict, options), to_json(verdict)};
  };
  for (const std::string& page : pages_with("TLP:AMBER+STRICT")) {
    EXPECT_TRUE(has(page, "TLP:AMBER+STRICT")) << page;
  }
  // What this program does not know is kept closest.
  for (const std::string& page : pages_with("TLP:PLAID")) {
    EXPECT_TRUE(has(page, "TLP:RED") && !has(page, "PLAID")) << page;
  }
  const std::vector<std::string> none = pages_with("");
  for (std::size_t page = 0; page < 3; ++page) {
    EXPECT_TRUE(has(none[page], "none was given")) << none[page];
  }
  EXPECT_TRUE(has(none[3], R"("marking":null)")) << none[3];
}

TEST(Shown, TheRecordSaysWhoHeldAnObjectionAndWhen) {
  Table net;
  net.silence =
      *net.act("CHAIR", consult::Kind::silence,
               "{\"draft\":" + in_quotes(net.draft) + ",\"deadline\":\"2026-03-03T12:00:00Z\",\"class\":\"crisis\"}");
  net.run_for(60'000);
  const RecordOptions before{.roster = "r", .time = utc, .made = net.seconds()};
  EXPECT_FALSE(has(record_text(net.verify(write_bundle(net.at("JPN").item())), before), "held that when"));
  ASSERT_TRUE(net.act("POL", consult::Kind::position,
                      names_silence(net.silence).substr(0, 77) + R"(,"stance":"break","text":"no"})"));
  net.run_for(60'000);
  const Seconds now = net.seconds();
  const RecordOptions options{.roster = "r", .time = utc, .made = now};
  const std::string record = record_text(net.verify(write_bundle(net.at("JPN").item())), options);
  const Holding held = holding(net.at("JPN").item(), net.state_at("JPN").breaks.front().entry, now);
  ASSERT_EQ(held.by.size(), held.since.size());
  ASSERT_GE(held.by.size(), 2U);
  EXPECT_TRUE(has(record, "held by " + std::to_string(held.by.size()) + " of ")) << record;
  for (std::size_t at = 0; at < held.by.size(); ++at) {
    EXPECT_TRUE(has(record, held.by[at] + " " + consult::seconds_text(held.since[at]))) << record;
    EXPECT_TRUE(held.since[at] > now - 90 && held.since[at] <= now);
  }
}

TEST(Shown, LengthsOfTimeInWords) {
  EXPECT_EQ(span_words(86'400), "24 hours");
  EXPECT_EQ(span_words(259'200), "3 days");
  EXPECT_EQ(span_words(7'200), "2 hours");
  EXPECT_EQ(span_words(5'400), "90 minutes");
  EXPECT_EQ(span_words(61), "61 seconds");
  EXPECT_EQ(span_words(0), "0 seconds");
  EXPECT_EQ(left_words(7'199), "119 minutes");
  EXPECT_EQ(left_words(172'799), "47 hours");
  EXPECT_EQ(left_words(1), "1 second");
  EXPECT_EQ(left_words(-5), "0 seconds");
}

}  // namespace
}  // namespace tocsin::council
