#include "detect/indicators/indicator_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "rules/indicators/loader.h"

namespace tocsin::detect {
namespace {

std::shared_ptr<const rules::IndicatorStore> load(std::string_view list) {
  rules::IndicatorLoader loader;
  MemorySource bytes(list);
  const auto added = loader.add("list.txt", bytes);
  EXPECT_TRUE(added) << added.error().text();
  return std::move(loader).finish();
}

// Values found in one field of one event, as lists show them.
class Bench {
 public:
  explicit Bench(std::string_view list, IndicatorSearch search = {}, bool friends = false) {
    std::shared_ptr<rules::FalseFriends> known;
    if (friends) {
      known = std::make_shared<rules::FalseFriends>();
      EXPECT_TRUE(known->add("f", "name: private\ntype: network\nvalues: [10.0.0.0/8]\n"));
    }
    store_ = load(list);
    set_ = IndicatorSet::compile(store_, known, search);
    search.plain = true;
    plain_set_ = IndicatorSet::compile(store_, known, search);
    scanner_ = std::make_unique<IndicatorScanner>(set_, fields_);
    plain_ = std::make_unique<IndicatorScanner>(plain_set_, fields_);
  }

  std::vector<std::string> find(std::string_view value, std::string_view field = "Message", Time time = {}) {
    event::EventBatch batch;
    event::Event& event = batch.begin_event();
    event.time = time;
    batch.add_field(fields_.intern(field), value);
    batch.end_event();
    std::vector<IndicatorHit> hits, expected, again;
    scanner_->scan(batch, hits);
    plain_->scan(batch, expected);
    scanner_->scan(batch, again);  // now perhaps from memory
    EXPECT_EQ(hits, expected) << field << ": " << value;
    EXPECT_EQ(hits, again) << field << ": " << value;
    std::vector<std::string> out;
    for (const IndicatorHit& hit : hits) {
      const rules::IndicatorEntry entry = store_->at(hit.indicator);
      const rules::IndicatorType& type = rules::indicator_type(entry.kind);
      out.push_back(std::string(type.name) + " " + type.show(entry.value) +
                    (hit.hidden == IndicatorHit::Hidden::no             ? ""
                     : hit.hidden == IndicatorHit::Hidden::false_friend ? " (friend)"
                                                                        : " (not valid)"));
    }
    return out;
  }
  std::string one(std::string_view value, std::string_view field = "Message") {
    std::string out;
    for (const std::string& found : find(value, field)) {
      out += (out.empty() ? "" : ", ") + found;
    }
    return out;
  }
  const IndicatorSet& set() const { return *set_; }

 private:
  event::FieldTable fields_;
  std::shared_ptr<const rules::IndicatorStore> store_;
  std::shared_ptr<const IndicatorSet> set_, plain_set_;
  std::unique_ptr<IndicatorScanner> scanner_, plain_;
};

TEST(IndicatorSet, FindsAddresses) {
  Bench bench("103.77.192.219\n198.51.0.0/16\n2a00:1450::77\n2a01:4f8::/32\n");
  EXPECT_EQ(bench.one("103.77.192.219", "c-ip"), "ipv4 103.77.192.219");
  EXPECT_EQ(bench.one("from 103.77.192.219:443 to"), "ipv4 103.77.192.219");
  EXPECT_EQ(bench.one("http://103.77.192.219/x"), "ipv4 103.77.192.219");
  EXPECT_EQ(bench.one("103[.]77[.]192[.]219"), "ipv4 103.77.192.219");
  EXPECT_EQ(bench.one("seen 103.77.192.219."), "ipv4 103.77.192.219");
  EXPECT_EQ(bench.one("103.77.192.2190"), "");
  EXPECT_EQ(bench.one("1.103.77.192.219"), "");
  EXPECT_EQ(bench.one("103.77.192.219", "FileVersion"), "");
  EXPECT_EQ(bench.one("198.51.100.7"), "cidr 198.51.0.0/16");
  EXPECT_EQ(bench.one("198.52.100.7"), "");
  EXPECT_EQ(bench.one("[2A00:1450:0:0::77]:443"), "ipv6 2a00:1450::77");
  EXPECT_EQ(bench.one("addr:2a00:1450::77"), "ipv6 2a00:1450::77");
  EXPECT_EQ(bench.one("2a01:4f8:1::5"), "cidr 2a01:4f8::/32");
  EXPECT_EQ(bench.one("at 12:34:56 std::dec 00:11:22:33:44:55"), "");
  EXPECT_EQ(bench.one("::ffff:103.77.192.219"), "ipv4 103.77.192.219");
}

TEST(IndicatorSet, FindsNames) {
  Bench bench("evil.com\n*.bad.co.uk\nuser@evil.org\nhttp://Evil.net:80/a/../b%7e?x=1#frag\nevil.io/drop\n");
  EXPECT_EQ(bench.one("evil.com", "QueryName"), "domain evil.com");
  EXPECT_EQ(bench.one("a.b.EVIL.com."), "domain evil.com");
  EXPECT_EQ(bench.one("notevil.com"), "");
  EXPECT_EQ(bench.one("evil.com.cn"), "");
  EXPECT_EQ(bench.one("evil[.]com and evil(dot)com"), "domain evil.com");
  EXPECT_EQ(bench.one("x.bad.co.uk"), "domain bad.co.uk");
  EXPECT_EQ(bench.one("To: <User@Evil.ORG>,"), "email user@evil.org");
  EXPECT_EQ(bench.one("xuser@evil.org"), "");
  EXPECT_EQ(bench.one("user[at]evil[.]org"), "email user@evil.org");
  EXPECT_EQ(bench.one("GET http://evil.net/b~?x=1 HTTP/1.1"), "url http://evil.net/b~?x=1");
  EXPECT_EQ(bench.one("('HTTP://EVIL.NET/b~?x=1');iex"), "url http://evil.net/b~?x=1");
  EXPECT_EQ(bench.one("http://evil.net/b~?x=12"), "");
  EXPECT_EQ(bench.one("hxxp://evil[.]net/b~?x=1"), "url http://evil.net/b~?x=1");
  EXPECT_EQ(bench.one("https://evil.io/drop."), "url evil.io/drop");
  Bench exact("evil.com\n", {.names_below = false});
  EXPECT_EQ(exact.one("evil.com"), "domain evil.com");
  EXPECT_EQ(exact.one("a.evil.com"), "");
}

TEST(IndicatorSet, FindsHashes) {
  Bench bench(
      "0123456789abcdef0123456789ABCDEF\n00112233445566778899aabbccddeeff00112233\n"
      "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
  EXPECT_EQ(bench.one("SHA1=0,MD5=0123456789ABCDEF0123456789ABCDEF,X=1", "Hashes"),
            "md5 0123456789abcdef0123456789abcdef");
  EXPECT_EQ(bench.one("IMPHASH=0123456789ABCDEF0123456789ABCDEF", "Hashes"), "");
  EXPECT_EQ(bench.one("x0123456789ABCDEF0123456789ABCDEF", "Hashes"), "");
  EXPECT_EQ(bench.one("0123456789ABCDEF0123456789ABCDEF", "tls.ja3.hash"), "");
  EXPECT_EQ(bench.one(std::string(57, ' ') + "00112233445566778899aabbccddeeff00112233"),
            "sha1 00112233445566778899aabbccddeeff00112233");
  EXPECT_EQ(bench.one("{00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff}"),
            "sha256 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
}

TEST(IndicatorSet, FindsFilesAndKeys) {
  Bench bench(
      "type,value\nfilename,evil.exe\nfilename,my evil file\nfilepath,C:\\Windows\\Temp\\x.dll\n"
      "filepath,\\inetpub\\wwwroot\\shell.aspx\nfilepath,/tmp/.x/run.sh\n"
      "regkey,HKLM\\Software\\Evil\\Run\nmutex,Global\\Evil Mutex\nuser-agent,Evil Agent/1.0\n"
      "ja3,0123456789abcdef0123456789abcdef\n");
  EXPECT_EQ(bench.one("C:\\Users\\a\\EVIL.exe -x"), "file-name evil.exe");
  EXPECT_EQ(bench.one("C:\\Users\\a\\notevil.exe"), "");
  EXPECT_EQ(bench.one("C:\\a\\My Evil File"), "file-name my evil file");
  EXPECT_EQ(bench.one("my evil file", "TargetFilename"), "file-name my evil file");
  EXPECT_EQ(bench.one("my evil file", "Message"), "");
  EXPECT_EQ(bench.one("run \"c:/windows\\\\temp/X.dll\",1"), "file-path c:/windows/temp/x.dll");
  EXPECT_EQ(bench.one("D:\\inetpub\\wwwroot\\shell.aspx"), "file-path inetpub/wwwroot/shell.aspx");
  EXPECT_EQ(bench.one("D:\\xinetpub\\wwwroot\\shell.aspx"), "");
  EXPECT_EQ(bench.one("sh /tmp/.x/run.sh"), "file-path /tmp/.x/run.sh");
  EXPECT_EQ(bench.one("sh /var/tmp/.x/run.sh"), "");
  EXPECT_EQ(bench.one("HKLM\\SOFTWARE\\evil\\Run\\value", "TargetObject"), "registry-key HKLM\\software\\evil\\run");
  EXPECT_EQ(bench.one("\\REGISTRY\\MACHINE\\Software\\Evil\\Run", "ObjectName"),
            "registry-key HKLM\\software\\evil\\run");
  EXPECT_EQ(bench.one("reg add HKEY_LOCAL_MACHINE\\Software\\Evil\\Run /v x"),
            "registry-key HKLM\\software\\evil\\run");
  EXPECT_EQ(bench.one("HKLM\\SOFTWARE\\evil\\Runner", "TargetObject"), "");
  EXPECT_EQ(bench.one("\\BaseNamedObjects\\Evil Mutex", "ObjectName"), "mutex Evil Mutex");
  EXPECT_EQ(bench.one("Evil Mutex", "Message"), "");
  EXPECT_EQ(bench.one("Evil+Agent/1.0", "cs(User-Agent)"), "user-agent Evil Agent/1.0");
  EXPECT_EQ(bench.one("0123456789ABCDEF0123456789abcdef", "tls.ja3.hash"), "ja3 0123456789abcdef0123456789abcdef");
  EXPECT_EQ(bench.one("0123456789ABCDEF0123456789abcdef", "tls.ja3s.hash"), "");
}

TEST(IndicatorSet, HidesFalseFriendsAndWhatIsNotValid) {
  Bench bench("10.1.2.3\n11.1.2.3\n", {}, true);
  EXPECT_EQ(bench.one("10.1.2.3"), "ipv4 10.1.2.3 (friend)");
  EXPECT_EQ(bench.one("11.1.2.3"), "ipv4 11.1.2.3");
  EXPECT_EQ(bench.set().false_friends(), std::vector<std::uint64_t>{1});
  constexpr std::string_view list = "value,valid_from,valid_until\n1.2.3.4,2021-03-01,2021-04-01\n";
  const auto at = [](std::string_view text) { return parse_iso8601(text)->time; };
  Bench bounded(list);
  EXPECT_EQ(bounded.find("1.2.3.4", "x", at("2021-03-01")), std::vector<std::string>{"ipv4 1.2.3.4"});
  EXPECT_EQ(bounded.find("1.2.3.4", "x", at("2021-02-28")), std::vector<std::string>{"ipv4 1.2.3.4 (not valid)"});
  EXPECT_EQ(bounded.find("1.2.3.4", "x", at("2021-04-01")), std::vector<std::string>{"ipv4 1.2.3.4 (not valid)"});
  EXPECT_EQ(bounded.find("1.2.3.4", "x"), std::vector<std::string>{"ipv4 1.2.3.4"});
  Bench any(list, {.any_time = true});
  EXPECT_EQ(any.find("1.2.3.4", "x", at("2021-02-28")), std::vector<std::string>{"ipv4 1.2.3.4"});
}

TEST(IndicatorSet, TextCanBeSwitchedOff) {
  Bench bench("1.2.3.4\nevil.com\n", {.text = false});
  EXPECT_EQ(bench.one("1.2.3.4 evil.com", "Message"), "");
  EXPECT_EQ(bench.one("1.2.3.4", "DestinationIp"), "ipv4 1.2.3.4");
  EXPECT_EQ(bench.one("evil.com", "QueryName"), "domain evil.com");
}

TEST(IndicatorSet, KeepsEveryObjectOfAValueButNoRepeats) {
  const auto store = load("id,value\na,1.2.3.4\nb,1.2.3.4\na,1.2.3.4\n,1.2.3.4\n");
  const auto set = IndicatorSet::compile(store, nullptr);
  EXPECT_EQ(set->duplicates(), 2U);
}

// The fast search against the slow one, over texts made of what indicators are made of.
TEST(IndicatorSet, AgreesWithTheReferenceOnRandomText) {
  Bench bench(
      "type,value\nip,1.2.3.4\nip,1.2.0.0/16\nip,fe80::1\nip,fe80::/10\ndomain,a.b\nhostname,c.a.b\ndomain,e.c\n"
      "url,http://a.b/c\nurl,a.b/c\nurl,http://a.b/\nemail,a@a.b\nfilename,a.b\nfilename,.a.c\nfilename,a "
      "b\nfilename,a..b\n"
      "filepath,c:\\a\\a.b\nfilepath,\\a\\a.b\nfilepath,/a/a.b\nfilepath,\\a\\a b\nfilepath,/a/b-\n"
      "regkey,HKLM\\a\\b\nregkey,HKCU\\a\\b c\nmd5,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
      "sha1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nuseragent,a b\nmutex,a b\nja3,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
      "domain,ä.b\nfilename,ä.b\n");
  constexpr std::string_view parts[] = {"a",
                                        "b",
                                        "c",
                                        ".",
                                        "..",
                                        "-",
                                        "_",
                                        " ",
                                        "/",
                                        "\\",
                                        "\\\\",
                                        ":",
                                        "::",
                                        "1.2.3.4",
                                        "1.2",
                                        "3",
                                        "fe80::1",
                                        "fe80",
                                        "a.b",
                                        "c.a.b",
                                        "@",
                                        "[.]",
                                        "(dot)",
                                        "[at]",
                                        "[:]",
                                        "://",
                                        "http",
                                        "hxxp",
                                        "http://a.b",
                                        "http://a.b/c",
                                        "'",
                                        ")",
                                        ",",
                                        ";",
                                        "?",
                                        "#",
                                        "\"",
                                        "HKLM",
                                        "HKCU\\",
                                        "\\REGISTRY\\USER\\S-1-5-21-1\\",
                                        "\\REGISTRY\\MACHINE\\",
                                        "IMPHASH=",
                                        "ä",
                                        "Ä",
                                        "aaaaaaaaaaaaaaaa",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                        "aaaaaaaa",
                                        "c:",
                                        "\xFF",
                                        "%61",
                                        "A",
                                        "a@a.b",
                                        "+",
                                        "0"};
  constexpr std::string_view fields[] = {"Message",      "TargetFilename", "cs(User-Agent)", "MutexName",
                                         "tls.ja3.hash", "FileVersion",    "ObjectName"};
  std::mt19937 random(20260601);
  const auto pick = [&](std::size_t count) { return random() % count; };
  std::size_t found = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text;
    for (std::size_t count = 1 + pick(round % 10 == 0 ? 60 : 9); count > 0; --count) {
      text += parts[pick(std::size(parts))];
    }
    found += bench.find(text, fields[pick(std::size(fields))]).empty() ? 0 : 1;
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  EXPECT_GT(found, 10'000U);
}

// Every indicator of a list is found in text that names it.
TEST(IndicatorSet, FindsAMillionDifferentValues) {
  std::string list;
  for (int i = 0; i < 200'000; ++i) {
    list += "h" + std::to_string(i) + ".example-" + std::to_string(i % 977) + ".org\n";
  }
  const auto store = load(list);
  ASSERT_EQ(store->counts.loaded, 200'000U);
  const auto set = IndicatorSet::compile(store, nullptr);
  event::FieldTable fields;
  IndicatorScanner scanner(set, fields);
  const event::FieldId field = fields.intern("Message");
  std::size_t missed = 0, wrong = 0;
  for (int i = 0; i < 200'000; i += 7) {
    const std::string there = "to h" + std::to_string(i) + ".example-" + std::to_string(i % 977) + ".org now";
    const std::string other = "to h" + std::to_string(i) + ".example-" + std::to_string(i % 977 + 1) + ".org now";
    for (const std::string& text : {there, other}) {
      event::EventBatch batch;
      batch.begin_event();
      batch.add_field(field, text);
      batch.end_event();
      std::vector<IndicatorHit> hits;
      scanner.scan(batch, hits);
      missed += text == there && hits.size() != 1 ? 1 : 0;
      wrong += text == other && !hits.empty() ? 1 : 0;
    }
  }
  EXPECT_EQ(missed, 0U);
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace tocsin::detect
