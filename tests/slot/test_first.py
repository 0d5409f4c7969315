def test_smoke(member):
    r = member.get("/?folder=/home/member")
    print(r.status_code, r.headers, r.text[:300])
    assert r.status_code == 200
    print(member.slot.log.read_text())
    (r := member.release())
    print(r.text)
    assert r.status_code == 200
