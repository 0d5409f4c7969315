"""The lines of the costs, their units, and the peers, in words. The English names are the model's own."""

from collections.abc import Mapping
from typing import Literal

Language = Literal["ko", "en"]

LINES: Mapping[str, tuple[str, str, str]] = {
    "warm slots: CPU": ("웜 슬롯: CPU", "warm slots of the pool", "풀에 준비해 둔 슬롯"),
    "warm slots: memory": ("웜 슬롯: 메모리", "warm slots of the pool", "풀에 준비해 둔 슬롯"),
    "probes of warm slots: CPU": (
        "웜 슬롯 점검: CPU",
        "warm slots while they answer the readiness probe",
        "슬롯이 준비 상태 점검에 답하는 동안",
    ),
    "probes of warm slots: memory": (
        "웜 슬롯 점검: 메모리",
        "warm slots while they answer the readiness probe",
        "슬롯이 준비 상태 점검에 답하는 동안",
    ),
    "disks of warm slots": ("웜 슬롯의 디스크", "a disk exists with its container", "디스크는 컨테이너와 함께 있음"),
    "waiting functions: CPU": (
        "대기하는 함수: CPU",
        "instances of functions that always wait",
        "늘 대기하는 함수 인스턴스",
    ),
    "waiting functions: memory": (
        "대기하는 함수: 메모리",
        "instances of functions that always wait",
        "늘 대기하는 함수 인스턴스",
    ),
    "scheduled functions: CPU": (
        "예약된 함수: CPU",
        "audits of the pool each minute, runs of meter each quarter of an hour",
        "1분마다 풀 점검, 15분마다 원장 점검",
    ),
    "scheduled functions: memory": (
        "예약된 함수: 메모리",
        "audits of the pool each minute, runs of meter each quarter of an hour",
        "1분마다 풀 점검, 15분마다 원장 점검",
    ),
    "documents that scheduled functions read": (
        "예약된 함수가 읽는 문서",
        "slots, sessions, and accounts compared with Firebase Auth",
        "슬롯과 세션, Firebase Auth와 비교하는 계정",
    ),
    "documents that scheduled functions write": (
        "예약된 함수가 쓰는 문서",
        "how far the comparison with Firebase Auth has come, after each hundred accounts",
        "Firebase Auth와 비교를 마친 위치, 계정 백 개마다 한 번",
    ),
    "lists that scheduled functions ask for": (
        "예약된 함수가 요청하는 목록",
        "one in each run of meter, and one for each open session",
        "원장 점검마다 한 번, 열린 세션마다 한 번",
    ),
    "scheduled jobs": ("예약 작업", "functions with a schedule", "일정이 있는 함수"),
    "images": ("이미지", "the ten newest of the slot and of each function", "슬롯과 함수마다 최신 열 개"),
    "builds of functions": ("함수 빌드", "a deployment or two", "배포 한두 번"),
    "builds of the slot's image": ("슬롯 이미지 빌드", "one in each week", "매주 한 번"),
    "alerts": ("알림 조건", "conditions of alerts", "알림 정책의 조건"),
    "time series of alerts": ("알림의 시계열", "each condition is evaluated each 30 s", "조건마다 30초에 한 번 평가"),
    "secrets": ("비밀 키", "keys of Ondol", "온돌의 키"),
    "reads of secrets": ("비밀 키 읽기", "instances of functions that start", "시작하는 함수 인스턴스"),
    "deleted files that are kept": ("지운 뒤 보관하는 파일", "the bucket's policy", "버킷의 보관 정책"),
    "edge": ("에지", "the edge's plan", "에지 요금제"),
    "slots at work: CPU": (
        "사용 중인 슬롯: CPU",
        "hours with a browser, or with a job",
        "브라우저나 작업이 연결된 시간",
    ),
    "slots at work: memory": (
        "사용 중인 슬롯: 메모리",
        "hours with a browser, or with a job",
        "브라우저나 작업이 연결된 시간",
    ),
    "slots without a browser: CPU": (
        "브라우저 없는 슬롯: CPU",
        "until a session is found idle",
        "유휴 세션으로 판정될 때까지",
    ),
    "slots without a browser: memory": (
        "브라우저 없는 슬롯: 메모리",
        "until a session is found idle",
        "유휴 세션으로 판정될 때까지",
    ),
    "starts of containers: CPU": ("컨테이너 시작: CPU", "2 containers for each session", "세션마다 컨테이너 두 개"),
    "starts of containers: memory": (
        "컨테이너 시작: 메모리",
        "2 containers for each session",
        "세션마다 컨테이너 두 개",
    ),
    "disks of members' slots": (
        "회원 슬롯의 디스크",
        "a disk exists with its container",
        "디스크는 컨테이너와 함께 있음",
    ),
    "functions: CPU": ("함수: CPU", "requests to functions, answered one by one", "함수 요청을 하나씩 처리할 때"),
    "functions: memory": ("함수: 메모리", "requests to functions, answered one by one", "함수 요청을 하나씩 처리할 때"),
    "functions that hold slots: CPU": (
        "슬롯을 붙들어 두는 함수: CPU",
        "a function waits for as long as a job goes on",
        "작업이 이어지는 동안 함수가 기다림",
    ),
    "functions that hold slots: memory": (
        "슬롯을 붙들어 두는 함수: 메모리",
        "a function waits for as long as a job goes on",
        "작업이 이어지는 동안 함수가 기다림",
    ),
    "requests": ("요청", "to functions and to slots", "함수와 슬롯으로 가는 요청"),
    "documents read": ("문서 읽기", "counted by event", "이벤트별로 센 수"),
    "documents written": ("문서 쓰기", "counted by event", "이벤트별로 센 수"),
    "documents deleted": ("문서 삭제", "a forgotten snapshot for each new one", "새 시점마다 오래된 시점 하나 삭제"),
    "documents kept": ("문서 보관", "members' records and their indexes", "회원 기록과 색인"),
    "documents of the last week": ("지난 한 주의 문서", "point-in-time recovery", "특정 시점 복구"),
    "backups of documents": ("문서 백업", "7 daily ones and 4 weekly ones are kept", "일 백업 7개와 주 백업 4개 보관"),
    "tasks": ("작업 대기열", "each is created and delivered", "만들 때와 전달할 때"),
    "members' files": ("회원의 파일", "layers and manifests of all snapshots", "모든 시점의 계층과 목록"),
    "objects created or listed": ("객체 생성과 목록", "saves and sweeps", "저장과 정리"),
    "objects read": ("객체 읽기", "restores, and looks at saves", "복원과 저장 확인"),
    "egress": (
        "인터넷 전송",
        "the editor, terminals and previews, to browsers",
        "브라우저로 가는 편집기, 터미널, 미리보기",
    ),
    "page": ("웹 페이지 전송", "files of the page", "페이지의 파일"),
    "logs": ("로그", "some lines for each request", "요청마다 몇 줄"),
    "sign-ins": ("로그인", "members who sign in in the month", "그달에 로그인한 회원"),
    "requests to the edge": ("에지 요청", "requests to slots", "슬롯으로 가는 요청"),
    "AI tokens in": ("AI 입력 토큰", "of all members", "모든 회원"),
    "AI tokens out": ("AI 출력 토큰", "of all members", "모든 회원"),
}
"""By name: the Korean name, and where the quantity comes from, in English and in Korean."""

PEERS: Mapping[str, tuple[str, str, str]] = {
    "a server for each, always on": (
        "한 사람에 서버 하나, 늘 켜 둠",
        "e2-medium: 2 shared CPUs, 4 GB",
        "e2-medium: 공유 CPU 2개, 4 GB",
    ),
    "a small server for each, always on": (
        "한 사람에 작은 서버 하나, 늘 켜 둠",
        "e2-small: 2 shared CPUs, 2 GB",
        "e2-small: 공유 CPU 2개, 2 GB",
    ),
    "a server for each, which stops": (
        "한 사람에 서버 하나, 안 쓰면 멈춤",
        "e2-medium, stopped after 30 idle minutes",
        "e2-medium, 30분 동안 쓰지 않으면 멈춤",
    ),
    "GitHub Codespaces": (
        "GitHub Codespaces",
        "2 cores, list price, stopped after 30 idle minutes",
        "코어 2개, 정가, 30분 동안 쓰지 않으면 멈춤",
    ),
    "Google Cloud Workstations": (
        "Google Cloud Workstations",
        "e2-standard-2, stopped after 30 idle minutes",
        "e2-standard-2, 30분 동안 쓰지 않으면 멈춤",
    ),
    "Ondol without warm slots": (
        "웜 슬롯이 없는 온돌",
        "each Open waits for a start",
        "열 때마다 컨테이너가 시작되기를 기다림",
    ),
}

UNITS: Mapping[str, str] = {
    "GB": "GB",
    "GB-month": "GB·월",
    "GiB": "GiB",
    "GiB-hour": "GiB·시간",
    "GiB-month": "GiB·월",
    "GiB-second": "GiB·초",
    "access": "읽기",
    "active member-month": "활동 회원·월",
    "build-minute": "빌드 분",
    "condition-month": "조건·월",
    "document deleted": "문서 삭제",
    "document read": "문서 읽기",
    "document written": "문서 쓰기",
    "dollar charged": "청구한 달러",
    "hour": "시간",
    "hour of 2 cores": "코어 2개·시간",
    "hour of e2-medium": "e2-medium·시간",
    "hour of e2-small": "e2-small·시간",
    "hour of e2-standard-2": "e2-standard-2·시간",
    "job-month": "예약 작업·월",
    "month": "월",
    "operation": "작업",
    "payment": "결제",
    "request": "요청",
    "time series returned": "반환된 시계열",
    "token": "토큰",
    "vCPU-hour": "vCPU·시간",
    "vCPU-second": "vCPU·초",
    "version-month": "버전·월",
}

LEVERS: Mapping[str, tuple[str, str, str]] = {
    "one warm slot less": (
        "웜 슬롯 하나 줄이기",
        "more Opens find none warm",
        "웜 슬롯을 찾지 못하는 열기가 늘어납니다",
    ),
    "no warm slot from midnight to eight": (
        "자정부터 8시까지 웜 슬롯 없애기",
        "who comes in the night waits for a start",
        "밤에 오는 회원은 컨테이너 시작을 기다립니다",
    ),
    "a quarter less memory in a slot": (
        "슬롯 메모리를 4분의 1 줄이기",
        "full temporary folders leave 0.25 GiB of 1.5 to programs, in place of 0.75 of 2",
        "임시 폴더가 가득 차면 프로그램에 남는 메모리가 2 GiB 슬롯은 0.75 GiB, 1.5 GiB 슬롯은 0.25 GiB입니다",
    ),
    "no function that waits": (
        "대기하는 함수 없애기",
        "the first Open after a pause waits for the start of a function too",
        "한동안 쉬었다가 처음 열 때 함수 시작도 기다립니다",
    ),
    "the home in memory": (
        "홈을 메모리에 두기",
        "a home holds half of the slot's memory, so plans with more storage can't be sold",
        "홈이 슬롯 메모리의 절반이라서 저장 공간이 더 큰 요금제를 팔 수 없습니다",
    ),
    "a heartbeat in a minute": (
        "하트비트를 1분에 한 번으로",
        "a container that is lost is found later, and warnings come later",
        "사라진 컨테이너를 늦게 알고, 경고도 늦어집니다",
    ),
}
"""By what an operator changes: the same in Korean, and what members notice of it, in English and in Korean."""
