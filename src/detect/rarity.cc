#include "detect/rarity.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

namespace tocsin::detect {
namespace {

constexpr std::string_view common_texts[] = {
    "c:\\windows\\system32\\svchost.exe",
    "c:\\windows\\syswow64\\",
    "\\device\\harddiskvolume",
    "c:\\program files (x86)\\microsoft\\",
    "c:\\program files\\windows",
    "c:\\programdata\\microsoft\\windows defender\\platform\\",
    "c:\\users\\administrator\\appdata\\local\\temp\\",
    "c:\\users\\public\\appdata\\roaming\\microsoft\\windows\\",
    "hklm\\software\\microsoft\\windows\\currentversion\\",
    "hklm\\software\\microsoft\\windows nt\\currentversion\\",
    "hklm\\system\\currentcontrolset\\services\\",
    "hku\\s-1-5-21-",
    "hkcu\\software\\classes\\",
    "nt authority\\system",
    "microsoft corporation",
    "microsoft-windows-",
    "c:\\windows\\system32\\windowspowershell\\v1.0\\powershell.exe",
    "c:\\windows\\system32\\cmd.exe",
    "c:\\windows\\explorer.exe",
    "c:\\windows\\system32\\rundll32.exe",
    "c:\\windows\\system32\\wbem\\wmiprvse.exe",
    "c:\\windows\\system32\\lsass.exe",
    "c:\\windows\\system32\\services.exe",
    "c:\\windows\\system32\\ntdll.dll",
    "c:\\windows\\system32\\kernelbase.dll",
    "powershell.exe -noprofile -command ",
    "http://www.",
    "https://",
    "mozilla/5.0",
    "get-",
    "set-",
    "write-",
    "$env:",
    "true",
    "false",
    "sha1=,md5=,sha256=,imphash=",
};

// What fields of few values hold most of the time.
constexpr std::string_view common_values[] = {
    "get",  "post",  "200",   "304",    "404",     "80", "443", "tcp", "udp",
    "http", "https", "allow", "accept", "success", "-",  "0",   "1",
};

constexpr std::size_t gram_bytes = 4;

std::uint32_t gram_at(std::string_view text, std::size_t at) {
  std::uint32_t gram = 0;
  std::memcpy(&gram, text.data() + at, gram_bytes);
  return gram;
}

}  // namespace

bool is_common_gram(std::uint32_t gram) {
  static const std::vector<std::uint32_t> grams = [] {
    std::vector<std::uint32_t> all;
    for (const std::string_view text : common_texts) {
      for (std::size_t at = 0; at + gram_bytes <= text.size(); ++at) {
        all.push_back(gram_at(text, at));
      }
    }
    std::sort(all.begin(), all.end());
    return all;
  }();
  return std::binary_search(grams.begin(), grams.end(), gram);
}

bool is_common_text(std::string_view folded) {
  if (folded.size() >= gram_bytes && !is_common_gram(gram_at(folded, folded.size() - gram_bytes))) {
    return false;
  }
  return std::any_of(std::begin(common_texts), std::end(common_texts),
                     [&](std::string_view text) { return text.find(folded) != std::string_view::npos; });
}

double expected_share(std::string_view folded, Anchor anchor) {
  constexpr double by_length[] = {0.9, 0.6, 0.4, 0.2, 0.08, 0.04, 0.02, 0.012, 0.008, 0.006, 0.004, 0.003, 0.002};
  const double share = by_length[std::min(folded.size(), std::size(by_length) - 1)];
  const double common = is_common_text(folded) ? 0.2 : 0;
  if (anchor == Anchor::whole) {
    if (std::find(std::begin(common_values), std::end(common_values), folded) != std::end(common_values)) {
      return 0.5;
    }
    return std::max(std::min(share, 0.05), common / 4);
  }
  return std::max(share, common);
}

}  // namespace tocsin::detect
