// Data sets of incidents as relayed claims: what each row may become, and the whole real files.
#include "attribution/data_set.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "attribution/matrix.h"
#include "attribution/project.h"
#include "support/corpus.h"

namespace tocsin::attribution {
namespace {

constexpr std::string_view eurepoc_header =
    "incident_ID,attribution_ID,attribution_date,attribution_type,attribution_basis,attributing_actor,"
    "attribution_it_company,attributing_country,attributed_initiator,attributed_initiator_country,"
    "attributed_initiator_category\n";
constexpr std::string_view cfr_header =
    "Title,Date,Affiliations,Description,Response,Victims,Sponsor,Type,Category,Sources_1,Sources_2,Sources_3\n";
constexpr ImportOptions options = {.file = "f", .created = "2024-01-01T00:00:00Z"};

Record record_of(const Imported& imported) {
  Reader reader;
  for (const std::string& object : imported.objects) {
    EXPECT_TRUE(reader.read(object, "f")) << object;
  }
  Record record = reader.finish();
  EXPECT_TRUE(record.errors.empty()) << record.errors.front().text();
  EXPECT_TRUE(record.notes.empty());
  return record;
}

const Attribution& only(const Record& record) {
  EXPECT_EQ(record.acts.size(), 1U);
  return std::get<Attribution>(record.acts.front());
}

std::uint64_t sum(const Imported& imported) {
  return imported.claims + imported.repeated + imported.without_claim + imported.unreadable.size();
}

TEST(Eurepoc, ARowIsARelayedClaimOfItsClaimant) {
  const auto imported = import_eurepoc(std::string(eurepoc_header) +
                                           "9,7.0,2021-07-19,\"Technical report (e.g., X)\",IT-security community,"
                                           "Mandiant,,United States,APT40,China,Non-state-group\n",
                                       options);
  ASSERT_TRUE(imported) << imported.error().text();
  const Record record = record_of(*imported);
  const Attribution& claim = only(record);
  EXPECT_EQ(name_of(record, claim.claimant), "Mandiant");
  EXPECT_EQ(name_of(record, claim.object.ref), "APT40");
  EXPECT_EQ(claim.object.granularity, Granularity::non_state_actor);
  EXPECT_EQ(claim.level, Level::technical);
  EXPECT_EQ(claim.released, "2021-07-19");
  EXPECT_TRUE(claim.relays.starts_with("note--"));
  EXPECT_FALSE(claim.likelihood || claim.analytic_confidence) << "the row gives none";
  EXPECT_EQ(claim_matrix(record).echoes.size(), 1U);
}

TEST(Eurepoc, ACountryAloneIsNotItsState) {
  const auto object = [&](const std::string& category) {
    const auto imported = import_eurepoc(
        std::string(eurepoc_header) + "9,7,,,,,,United Kingdom,Not available,China,\"" + category + "\"\n", options);
    EXPECT_TRUE(imported);
    return only(record_of(*imported)).object;
  };
  EXPECT_TRUE(object("Non-state actor, state-affiliation suggested").territory);
  EXPECT_TRUE(object("Not available").territory);
  EXPECT_TRUE(object("").territory);
  EXPECT_EQ(object("State").granularity, Granularity::state);
}

TEST(Eurepoc, WhatARowDoesNotSayStaysAbsentAndIsCounted) {
  const auto imported =
      import_eurepoc(std::string(eurepoc_header) + "1,1,,,,,,Not available,APT,China,State\n" +
                         "2,2,,,,FBI,,United States,,Unknown,State\n" + ",3,,,,FBI,,United States,APT,China,State\n" +
                         "4,4,,,,FBI\n" + "5,5,,,,FBI,,United States,APT,China,State\n",
                     options);
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->rows, 5U);
  EXPECT_EQ(imported->claims, 1U);
  ASSERT_EQ(imported->without_claim_rows.size(), 2U);
  EXPECT_EQ(imported->without_claim_rows[0].row, 2U);
  EXPECT_EQ(imported->without_claim_rows[1].why, "names nobody who is blamed");
  ASSERT_EQ(imported->unreadable.size(), 2U);
  EXPECT_EQ(sum(*imported), imported->rows);
}

TEST(Eurepoc, CrossedColumnsAreNotReadAcross) {
  // One record, two claimants, two categories: no row says which categories belong to whom.
  const auto imported = import_eurepoc(std::string(eurepoc_header) + "1,1,,,,FBI,,United States,APT,China,State\n" +
                                           "1,1,,,,FBI,,United States,APT,China,Non-state-group\n" +
                                           "1,1,,,,NCSC,,United States,APT,China,State\n" +
                                           "1,1,,,,NCSC,,United Kingdom,APT,China,Non-state-group\n",
                                       options);
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->claims, 2U);
  EXPECT_EQ(imported->repeated, 2U);
  for (const SpeechAct& act : record_of(*imported).acts) {
    EXPECT_EQ(std::get<Attribution>(act).object.granularity, Granularity::unstated);
  }
}

TEST(Cfr, ASponsorIsNotTheActor) {
  const auto imported =
      import_cfr(std::string(cfr_header) + "Case,1/20/2022,,text,,,China,Espionage,Government,https://a.example/,,\n" +
                     "Case 2,1/20/2022,Believed to be the work of APT 28,t,,,Russian Federation,Sabotage,,,,\n",
                 options);
  ASSERT_TRUE(imported) << imported.error().text();
  EXPECT_EQ(imported->claims, 2U);
  const Record record = record_of(*imported);
  std::set<std::string> objects, words;
  for (const SpeechAct& act : record.acts) {
    const auto& claim = std::get<Attribution>(act);
    objects.insert(name_of(record, claim.object.ref));
    words.insert(claim.words);
    EXPECT_EQ(claim.object.granularity, Granularity::unstated);
  }
  EXPECT_EQ(objects, (std::set<std::string>{"not named: Case", "Believed to be the work of APT 28"}));
  EXPECT_TRUE(words.contains("Sponsor: China"));
}

TEST(Cfr, ShiftedRowsAreNamedNotRead) {
  const auto imported = import_cfr(
      std::string(cfr_header) + "Case,1/20/2022,X,,text,,Espionage,Government,https://a.example/,,,\n" +
          ",1/20/2022,X,,,,China,Espionage,,,,\nCase,soon,X,,,,China,Espionage,,,,\nCase,1/1/2020,,,,,,Espionage,,,,\n",
      options);
  ASSERT_TRUE(imported);
  EXPECT_EQ(imported->claims, 0U);
  EXPECT_EQ(imported->unreadable.size(), 3U);
  EXPECT_EQ(imported->without_claim, 1U);
}

TEST(DataSets, AnotherFileIsRefused) {
  for (const std::string_view text : {"", "a,b\n1,2\n", "\"", "\xEF\xBB\xBF"}) {
    EXPECT_FALSE(import_eurepoc(text, options)) << text;
    EXPECT_FALSE(import_cfr(text, options)) << text;
  }
}

std::string file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// No claim of a data set becomes a plain attributed-to: they are all relayed.
void check_whole(const Imported& imported) {
  EXPECT_EQ(sum(imported), imported.rows);
  const Record record = record_of(imported);
  EXPECT_EQ(record.acts.size(), imported.claims);
  EXPECT_EQ(record.duplicates, 0U);
  const Matrix matrix = claim_matrix(record);
  EXPECT_EQ(matrix.echoes.size(), imported.claims);
  std::string text;
  wire::JsonWriter json(text);
  EXPECT_EQ(write_stix(record, matrix, json).attributed, 0U);
  EXPECT_TRUE(wire::parse_json(text));
}

TEST(DataSets, WholeEurepoc) {
  const auto path = test::corpus() / "incidents" / "eurepoc" / "EuRepoC_Attribution_dataset_1.1.csv";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "the corpus is absent: incidents/eurepoc/EuRepoC_Attribution_dataset_1.1.csv";
  }
  const auto imported = import_eurepoc(file(path), options);
  ASSERT_TRUE(imported) << imported.error().text();
  EXPECT_EQ(imported->rows, 2643U);
  EXPECT_EQ(imported->unreadable.size(), 0U);
  EXPECT_GT(imported->claims, 300U);
  check_whole(*imported);
}

TEST(DataSets, WholeCfr) {
  const auto path = test::corpus() / "incidents" / "cfr_cyber_operations_2005-2023.csv";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "the corpus is absent: incidents/cfr_cyber_operations_2005-2023.csv";
  }
  const auto imported = import_cfr(file(path), options);
  ASSERT_TRUE(imported) << imported.error().text();
  EXPECT_EQ(imported->rows, 768U);
  EXPECT_GE(imported->unreadable.size(), 1U);
  EXPECT_LT(imported->unreadable.size(), 20U);
  EXPECT_GT(imported->claims, 600U);
  check_whole(*imported);
}

}  // namespace
}  // namespace tocsin::attribution
