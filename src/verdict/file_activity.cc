#include "verdict/file_activity.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/limits.h"
#include "base/text.h"
#include "verdict/engine.h"
#include "verdict/joins.h"
#include "verdict/paths.h"

namespace tocsin::verdict {

namespace {

// FNV-1a over lower-case text: stable, and good enough to tell paths of one input apart.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(ascii_lower(c == '/' ? '\\' : c))) * 1'099'511'628'211ULL;
  }
  return hash;
}

// What a file's name ends with. An address, with or without brackets, is one extension: "x.docx.[who@where.example]".
std::string_view ending_of(std::string_view name) {
  std::size_t dot = name.rfind('.');
  if (const std::size_t at = name.rfind('@'); at != std::string_view::npos && dot != std::string_view::npos) {
    const std::size_t before = name.rfind('.', at);
    dot = before != std::string_view::npos && before > 0 ? before : dot;
  } else if (name.ends_with(']') || name.ends_with('}') || name.ends_with(')')) {
    const char open = name.back() == ']' ? '[' : name.back() == '}' ? '{' : '(';
    const std::size_t bracket = name.rfind(open);
    if (bracket != std::string_view::npos && bracket > 1 && name[bracket - 1] == '.') {
      dot = bracket - 1;
    }
  }
  return dot == std::string_view::npos || dot == 0 ? std::string_view{} : name.substr(dot + 1);
}

bool extension_like(std::string_view text) {
  static constexpr std::string_view signs = "_-!#$@[]{}()+=~&%,;'.^";
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return ascii_alpha(c) || ascii_digit(c) || signs.find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

// Numbers and days that rotation and splitting put behind a name: "log.3", "7z.001", "log.2024-09-03", "log.20240903".
bool counts_up(std::string_view text) {
  std::string digits;
  if (text.size() > 20) {
    return false;
  }
  for (const char c : text) {
    if (ascii_digit(c)) {
      digits += c;
    } else if (c != '-' && c != '_') {
      return false;
    }
  }
  if (digits.empty() || digits.size() > 14) {
    return false;
  }
  const bool day =
      digits.size() >= 6 && (digits.starts_with("19") || digits.starts_with("20") || text.size() > digits.size());
  return day || digits.front() == '0' || (digits.size() <= 3 && parse_uint64(digits).value_or(999) <= 366);
}

bool by_time(const FileEntry& a, const FileEntry& b) {
  return a.time != b.time ? a.time < b.time : a.source != b.source ? a.source < b.source : a.record < b.record;
}

auto identity(const FileEntry& entry) {
  return std::tie(entry.time, entry.record, entry.file, entry.flags, entry.image);
}

// In time order, without events that were read twice: a copy of a log has the same numbers, times and paths.
void sort_once(std::vector<FileEntry>& entries) {
  std::sort(entries.begin(), entries.end(), [](const FileEntry& a, const FileEntry& b) {
    return std::tuple_cat(identity(a), std::tie(a.source)) < std::tuple_cat(identity(b), std::tie(b.source));
  });
  entries.erase(std::unique(entries.begin(), entries.end(),
                            [](const FileEntry& a, const FileEntry& b) { return identity(a) == identity(b); }),
                entries.end());
}

// Counts distinct values in a sliding window.
class Distinct {
 public:
  void add(std::uint64_t value) { ++counts_[value]; }
  void remove(std::uint64_t value) {
    if (const auto found = counts_.find(value); found != counts_.end() && --found->second == 0) {
      counts_.erase(found);
    }
  }
  std::size_t size() const { return counts_.size(); }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> counts_;
};

// Marks the entries that lie in some window of `within` with enough distinct files and folders. Entries in time order.
std::vector<bool> crowded(const std::vector<FileEntry>& entries, std::int64_t within, std::size_t files,
                          std::size_t folders) {
  std::vector<bool> in(entries.size(), false);
  Distinct file, folder;
  std::size_t begin = 0, marked = 0;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    file.add(entries[at].file);
    folder.add(entries[at].folder);
    while (entries[at].time - entries[begin].time > within) {
      file.remove(entries[begin].file);
      folder.remove(entries[begin].folder);
      ++begin;
    }
    if (file.size() >= files && folder.size() >= folders) {
      for (marked = std::max(marked, begin); marked <= at; ++marked) {
        in[marked] = true;
      }
    }
  }
  return in;
}

void take(Burst& burst, const FileEntry& entry, std::unordered_set<std::uint64_t>& files,
          std::unordered_set<std::uint64_t>& folders) {
  ++burst.count;
  burst.first = burst.first.known() ? std::min(burst.first, Time{entry.time}) : Time{entry.time};
  burst.last = std::max(burst.last, Time{entry.time});
  if ((entry.flags & file_created) != 0) {
    files.insert(entry.file);
    folders.insert(entry.folder);
  }
  burst.entries.push_back(entry);
}

void finish(Burst& burst, const std::unordered_set<std::uint64_t>& files,
            const std::unordered_set<std::uint64_t>& folders) {
  burst.files = files.size();
  burst.folders = folders.size();
  std::sort(burst.entries.begin(), burst.entries.end(), by_time);
  if (burst.entries.size() > limits::verdict_events_max) {
    burst.entries.resize(limits::verdict_events_max);
  }
}

}  // namespace

FilePacker::FilePacker(const Spread& spread) : spread_(&spread) {}

FilePacker::Host& FilePacker::host_of(std::string_view name, std::uint32_t source) {
  if (!hosts_.empty() && hosts_.back().name == name) {
    return hosts_.back();
  }
  const auto [found, fresh] = host_at_.try_emplace(std::string(name), hosts_.size());
  if (fresh) {
    hosts_.emplace_back().name = name;
    hosts_.back().source = source;
  }
  return hosts_[found->second];
}

void FilePacker::add(const event::Event& event, const Slots& slots, std::uint32_t source) {
  std::string_view path = slots.first(spread_->path);
  if (path.size() < 3 || !event.time.known()) {
    return;
  }
  std::uint16_t flags = 0;
  switch (event.event_id) {
    case 11:
      flags = file_created;
      break;
    case 23:
    case 26:
      flags = file_deleted;
      break;
    default: {  // object access: what was asked for tells
      const std::string_view access = slots.first(spread_->access);
      const auto mask = parse_uint64(access, true);
      const bool remove = mask ? (*mask & 0x10000) != 0 : access.find("%%1537") != std::string_view::npos;
      const bool write = mask ? (*mask & 0x6) != 0 : access.find("%%4417") != std::string_view::npos;
      flags = static_cast<std::uint16_t>((remove ? file_deleted : 0) | (write ? file_created : 0));
      if (ascii_istarts_with(path, "\\REGISTRY\\") || path.find('.') == std::string_view::npos) {
        return;
      }
    }
  }
  if (flags == 0) {
    return;
  }
  if (const std::string_view share = slots.first(spread_->share); !share.empty()) {
    path_.assign(share);
    path_ += '\\';
    path_ += path;
    path = path_;
  }
  entry(host_of(event.host, source), event, slots, path, flags);
}

void FilePacker::entry(Host& host, const event::Event& event, const Slots& slots, std::string_view path,
                       std::uint16_t flags) {
  const std::string_view name = base_name(path);
  const std::string_view extension = ending_of(name);
  const std::string_view shorter = extension.empty() ? path : path.substr(0, path.size() - extension.size() - 1);
  const std::string_view inner = extension_of(shorter);
  if (spread_->documents.contains(inner) || spread_->ordinary.contains(inner)) {
    flags |= file_appended;
  }
  std::string_view named;
  if ((flags & file_created) != 0) {
    const bool ordinary =
        spread_->documents.contains(inner) ? spread_->added.contains(extension) : spread_->ordinary.contains(extension);
    if (spread_->notes.contains(extension)) {
      flags |= file_note;
      named = name;
    } else if (!ordinary && extension_like(extension) && !counts_up(extension)) {
      flags |= file_unusual;
      named = extension;
    }
  }
  static constexpr std::string_view installed[] = {"\\program files",    "\\windows\\",
                                                   "\\appdata\\local\\", "\\node_modules\\",
                                                   "\\site-packages\\",  "\\programdata\\package cache"};
  for (const std::string_view part : installed) {
    if (ascii_ifind(path, part) != std::string_view::npos) {
      flags |= file_system;
    }
  }
  FileEntry entry;
  entry.record = event.record;
  entry.offset = event.offset;
  entry.time = event.time.ticks;
  entry.folder = hash_of(folder_of(path));
  entry.file = hash_of(path);
  entry.shorter = hash_of(shorter);
  entry.image = static_cast<std::uint32_t>(hash_of(slots.first(spread_->image)));
  entry.flags = flags;
  if (!named.empty() && named.size() <= 128) {
    const std::string lower = ascii_lower(named);
    const auto [found, fresh] = host.name_at.try_emplace(lower, static_cast<std::uint32_t>(host.names.size() + 1));
    entry.name = found->second;
    if (fresh) {
      host.names.push_back(lower);
    }
  }
  const std::size_t at = host.entries.size();
  host.entries.resize(at + sizeof entry);
  std::memcpy(host.entries.data() + at, &entry, sizeof entry);
}

void FilePacker::flush(std::uint32_t playbook, Facts& facts) {
  for (Host& host : hosts_) {
    Fact& fact = facts.add();
    fact.playbook = playbook;
    fact.predicate = fact_files;
    fact.source = host.source;
    fact.host = facts.keep(host.name);
    const std::span<std::string_view> values = facts.room(1 + host.names.size());
    values[0] = facts.keep(host.entries);
    std::transform(host.names.begin(), host.names.end(), values.begin() + 1,
                   [&](const std::string& name) { return facts.keep(name); });
    fact.values = values;
  }
  hosts_.clear();
  host_at_.clear();
}

void FileCounter::add(const Fact& fact) {
  if (fact.values.empty()) {
    return;
  }
  auto host = hosts_.find(fact.host);
  if (host == hosts_.end()) {
    if (hosts_.size() >= limits::verdict_names_max) {
      dropped_ += fact.values.front().size() / sizeof(FileEntry);
      return;
    }
    host = hosts_.emplace(std::string(fact.host), HostFiles{}).first;
  }
  HostFiles& files = host->second;
  const std::string_view packed = fact.values.front();
  for (std::size_t at = 0; at + sizeof(FileEntry) <= packed.size(); at += sizeof(FileEntry)) {
    FileEntry entry;
    std::memcpy(&entry, packed.data() + at, sizeof entry);
    entry.source = fact.source;
    if (!believable(Time{entry.time}).known()) {
      continue;
    }
    if ((entry.flags & file_deleted) != 0) {
      keep_delete(files, entry);
    }
    note_folder(files, entry);
    if (entry.name == 0 || entry.name >= fact.values.size() || (entry.flags & file_created) == 0) {
      continue;
    }
    auto& groups = (entry.flags & file_note) != 0 ? files.notes : files.extensions;
    const std::string_view name = fact.values[entry.name];
    auto group = groups.find(name);
    if (group == groups.end()) {
      if (groups.size() >= limits::verdict_names_max) {
        // Names that came once or twice make room: a burst has many.
        std::erase_if(groups, [&](const auto& old) {
          const bool rare = old.second.entries.size() < 3;
          kept_ -= rare ? old.second.entries.size() : 0;
          return rare;
        });
        if (groups.size() >= limits::verdict_names_max) {
          ++files.creates_lost;
          continue;
        }
      }
      group = groups.emplace(name, Group{}).first;
    }
    keep(files, group->second, entry);
  }
}

void FileCounter::keep(HostFiles& files, Group& group, const FileEntry& entry) {
  if (group.entries.size() >= limits::verdict_file_group_max || kept_ >= limits::verdict_file_entries_max) {
    ++group.beyond;
    ++files.creates_lost;
    return;
  }
  group.entries.push_back(entry);
  ++kept_;
  if (group.entries.size() >= group.prune_at) {
    const std::size_t before = group.entries.size();
    prune(group);
    kept_ -= before - group.entries.size();
    group.prune_at = std::max<std::size_t>(4'096, group.entries.size() * 2);
  }
}

// Drops what cannot belong to a burst any more: entries outside every crowded window that are older than one window.
void FileCounter::prune(Group& group) const {
  sort_once(group.entries);
  const std::vector<bool> in =
      crowded(group.entries, spread_->within, std::min(spread_->files, spread_->note_folders), 2);
  const std::int64_t newest = group.entries.back().time;
  std::size_t kept = 0;
  for (std::size_t at = 0; at < group.entries.size(); ++at) {
    if (in[at] || newest - group.entries[at].time <= spread_->within) {
      group.entries[kept++] = group.entries[at];
    }
  }
  group.entries.resize(kept);
}

void FileCounter::keep_delete(HostFiles& files, const FileEntry& entry) {
  files.sees_deletes = true;
  if (files.deletes.size() < limits::verdict_deletes_max && kept_deletes_ < limits::verdict_file_entries_max) {
    files.deletes.push_back(entry);
    ++kept_deletes_;
    return;
  }
  ++files.deletes_lost;
  if (!files.deletes.empty()) {
    files.deletes[files.next_delete] = entry;
    files.next_delete = (files.next_delete + 1) % files.deletes.size();
  }
}

void FileCounter::note_folder(HostFiles& files, const FileEntry& entry) {
  if ((entry.flags & (file_unusual | file_note)) != 0) {
    return;
  }
  auto folder = files.folders.find(entry.folder);
  if (folder == files.folders.end()) {
    if (files.folders.size() >= limits::verdict_names_max) {
      return;
    }
    folder = files.folders.emplace(entry.folder, HostFiles::Folder{}).first;
    folder->second.first = entry.time;
  }
  auto& counts = folder->second;
  // Runs of renames are close together; a long pause starts anew unless enough were seen.
  constexpr std::int64_t pause = 600 * Time::ticks_per_second;
  if (entry.time - counts.last > pause && std::min(counts.creates, counts.deletes) < spread_->plain_renames) {
    counts = {0, 0, entry.time, entry.time};
  }
  counts.creates += (entry.flags & file_created) != 0;
  counts.deletes += (entry.flags & file_deleted) != 0;
  counts.last = std::max(counts.last, entry.time);
}

bool FileCounter::conclude_extension(const std::string& host, HostFiles& files, const std::string& name, Group& group,
                                     std::vector<Burst>& bursts, std::vector<PlainRenames>& plain) {
  sort_once(group.entries);
  // Programs bring file types of their own to their folders: those alone are no burst, but a burst takes them too.
  std::vector<FileEntry> created;
  std::copy_if(group.entries.begin(), group.entries.end(), std::back_inserter(created),
               [](const FileEntry& entry) { return (entry.flags & file_system) == 0; });
  const std::vector<bool> in = crowded(created, spread_->within, spread_->files, 1);
  std::size_t kept = 0;
  for (std::size_t at = 0; at < created.size(); ++at) {
    if (in[at]) {
      created[kept++] = created[at];
    }
  }
  created.resize(kept);
  if (!created.empty()) {
    const std::int64_t from = created.front().time - spread_->within;
    const std::int64_t to = created.back().time + spread_->within;
    std::copy_if(group.entries.begin(), group.entries.end(), std::back_inserter(created), [&](const FileEntry& entry) {
      return (entry.flags & file_system) != 0 && entry.time >= from && entry.time <= to;
    });
    std::sort(created.begin(), created.end(), by_time);
  }
  std::unordered_set<std::uint64_t> originals, folders, made, all_folders, all_files;
  std::unordered_set<std::uint32_t> images;
  std::size_t appended = 0;
  for (const FileEntry& entry : created) {
    originals.insert(entry.shorter);
    folders.insert(entry.folder);
    images.insert(entry.image);
    made.insert(entry.file);
    appended += (entry.flags & file_appended) != 0;
  }
  if (created.empty()) {
    return false;
  }
  // Which originals went: the same name without the new extension, the same name with another extension, or, where
  // names were replaced altogether, files of the same folders removed by the same program.
  std::vector<FileEntry> gone;
  std::unordered_set<std::uint64_t> gone_files;
  const auto search = [&](auto&& belongs) {
    for (const FileEntry& entry : files.deletes) {
      if (entry.time >= created.front().time - spread_->within && entry.time <= created.back().time + spread_->within &&
          (entry.flags & file_created) == 0 && !made.contains(entry.file) && belongs(entry)) {
        gone.push_back(entry);
        gone_files.insert(entry.file);
      }
    }
  };
  search([&](const FileEntry& entry) { return originals.contains(entry.file) || originals.contains(entry.shorter); });
  if (gone_files.empty()) {
    search([&](const FileEntry& entry) { return folders.contains(entry.folder) && images.contains(entry.image); });
  }
  Burst burst;
  burst.host = host;
  burst.name = name;
  for (const FileEntry& entry : created) {
    take(burst, entry, all_files, all_folders);
  }
  // Where removals lie beyond the limit, names tell as they do where none are logged.
  const bool lost = (files.sees_deletes && gone_files.size() * 2 >= all_files.size()) ||
                    ((!files.sees_deletes || files.deletes_lost != 0) && appended * 2 >= created.size());
  if (all_folders.size() < spread_->folders || !lost) {
    PlainRenames noted{host, "", created.size(), burst.first, burst.last};
    noted.reason = all_folders.size() < spread_->folders
                       ? std::to_string(all_files.size()) + " files took the extension ." + name + " in " +
                             (all_folders.size() == 1 ? "a single folder" : "few folders")
                       : std::to_string(all_files.size()) + " files with the extension ." + name +
                             " were written, but the originals stay";
    if (all_files.size() >= spread_->plain_renames || gone_files.size() * 2 >= all_files.size()) {
      plain.push_back(std::move(noted));
    }
    return false;
  }
  for (const FileEntry& entry : gone) {
    take(burst, entry, all_files, all_folders);
  }
  burst.count += group.beyond;
  files.creates_lost -= group.beyond;  // told with the burst
  finish(burst, all_files, all_folders);
  bursts.push_back(std::move(burst));
  return true;
}

void FileCounter::conclude_note(const std::string& host, HostFiles& files_of, const std::string& name, Group& group,
                                bool encrypted, std::vector<Burst>& bursts) {
  const bool telling =
      std::any_of(spread_->note_words.begin(), spread_->note_words.end(),
                  [&](const std::string& word) { return ascii_ifind(name, word) != std::string_view::npos; });
  if (!encrypted) {
    // Without renamed files beside it, a name must speak for itself, and programs being installed do not count.
    if (spread_->ordinary_notes.contains(name)) {
      return;
    }
    std::erase_if(group.entries, [](const FileEntry& entry) { return (entry.flags & file_system) != 0; });
  }
  sort_once(group.entries);
  const std::size_t enough = encrypted || telling ? spread_->note_folders : spread_->note_folders * 4;
  const std::vector<bool> in = crowded(group.entries, spread_->within, enough, enough);
  Burst burst;
  burst.host = host;
  burst.note = true;
  burst.name = name;
  std::unordered_set<std::uint64_t> files, folders;
  for (std::size_t at = 0; at < group.entries.size(); ++at) {
    if (in[at]) {
      take(burst, group.entries[at], files, folders);
    }
  }
  if (burst.count == 0) {
    return;
  }
  burst.count += group.beyond;
  files_of.creates_lost -= group.beyond;
  finish(burst, files, folders);
  bursts.push_back(std::move(burst));
}

std::vector<FilesLeftOut> FileCounter::conclude(std::vector<Burst>& bursts, std::vector<PlainRenames>& plain,
                                                const Cancelled& cancelled) {
  std::vector<FilesLeftOut> left_out;
  for (auto& [host, files] : hosts_) {
    sort_once(files.deletes);
    bool encrypted = false;
    for (auto& [name, group] : files.extensions) {
      if (cancelled && cancelled()) {
        return left_out;
      }
      encrypted = conclude_extension(host, files, name, group, bursts, plain) || encrypted;
    }
    for (auto& [name, group] : files.notes) {
      conclude_note(host, files, name, group, encrypted, bursts);
    }
    if (files.creates_lost != 0 || files.deletes_lost != 0) {
      left_out.push_back({host, files.creates_lost, files.deletes_lost});
    }
    if (encrypted) {
      continue;  // the folders of a burst are no ordinary renames
    }
    for (const auto& [folder, counts] : files.folders) {
      const std::uint64_t renamed = std::min(counts.creates, counts.deletes);
      if (renamed >= spread_->plain_renames) {
        plain.push_back({host,
                         std::to_string(renamed) + " files renamed in one folder; the extension stays an ordinary one",
                         renamed, Time{counts.first}, Time{counts.last}});
      }
    }
  }
  return left_out;
}

}  // namespace tocsin::verdict
