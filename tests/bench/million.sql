-- A department's years, set by set. The last %(live)s orders are its working day.
-- Columns not named here hold the blanks that tests.bench.million has given them.

INSERT INTO orders_patient (family_name, given_name, birth_date, birth_date_text, sex,
    name_key, sound_key, updated_at, version)
SELECT f.name, g.name, born, to_char(born, 'YYYYMMDD'), (ARRAY['F', 'M'])[1 + mod(p, 2)],
    f.folded || '|' || g.folded, f.sound || '|' || g.sound, now(), 1
FROM generate_series(1, %(patients)s) AS p
-- Squared: a few names are very common, most are rare.
CROSS JOIN LATERAL (SELECT 1 + floor(
    power(p * 0.6180339887 - floor(p * 0.6180339887), 2) * %(families)s)::int AS f_no,
    1 + mod(p * 7, %(givens)s) AS g_no,
    date '1930-01-01' + mod(p * 37, 34000) AS born) AS drawn
JOIN bench_family AS f ON f.no = f_no
JOIN bench_given AS g ON g.no = g_no
ORDER BY p;

INSERT INTO orders_patient_identifier (patient_id, value, assigning_authority, type,
    preferred)
SELECT id, (7000000 + id)::text, 'GENHOSP', 'MR', true FROM orders_patient
UNION ALL
SELECT id, (990000000 + id)::text, 'NATID', 'NI', false FROM orders_patient
WHERE mod(id, 3) = 0;

-- One row an order: when, what for, and where it stands.
CREATE TEMP TABLE bench_exam AS
SELECT g AS no, %(orders)s - g AS ago, 1 + mod(g::bigint * 7919, %(patients)s) AS patient,
    s.id AS station, s.ae_title, s.modality, s.room_id AS room, r.name AS room_name,
    p.code, p.text, CASE WHEN mod(g, 20) = 0 THEN 'S' WHEN mod(g, 20) < 4 THEN 'A'
        ELSE 'R' END AS priority,
    date_trunc('minute', now()) - (%(orders)s - g) * interval '144 seconds' AS start,
    CASE WHEN g > %(orders)s - %(live)s THEN CASE
        WHEN %(orders)s - g < 60 THEN 'ordered'
        WHEN %(orders)s - g < 290 THEN 'scheduled'
        WHEN %(orders)s - g < 320 THEN 'arrived'
        WHEN %(orders)s - g < 330 THEN 'ready'
        WHEN %(orders)s - g < 345 THEN 'in_progress'
        WHEN %(orders)s - g < 375 THEN 'on_hold'
        ELSE 'performed' END
    WHEN mod(g, 50) = 0 THEN 'cancelled'
    WHEN mod(g, 997) = 0 THEN 'discontinued'
    ELSE 'performed' END AS status,
    CASE WHEN g > %(orders)s - %(live)s THEN CASE
        WHEN %(orders)s - g < 575 THEN 'none' ELSE 'preliminary' END
    WHEN mod(g, 50) = 0 OR mod(g, 997) = 0 THEN 'none'
    WHEN mod(g, 100) = 1 THEN 'addended'
    ELSE 'final' END AS report
FROM generate_series(1, %(orders)s) AS g
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS nth, count(*) OVER () AS all_of_them
    FROM worklist_station) AS s ON s.nth = 1 + mod(g, s.all_of_them)
JOIN worklist_room AS r ON r.id = s.room_id
JOIN (SELECT DISTINCT ON (modality) * FROM orders_procedure ORDER BY modality, id) AS p
    ON p.modality = s.modality;

-- What is still to come has its time ahead, 15 minutes each, room by room.
UPDATE bench_exam SET start = date_trunc('hour', now())
    + interval '1 hour' + (ago - 60) / 7 * interval '15 minutes'
WHERE status = 'scheduled';

CREATE UNIQUE INDEX ON bench_exam (no);
ANALYZE bench_exam;

INSERT INTO orders_visit (patient_id, number, patient_class, location, open, updated_at)
SELECT patient, 'V' || no, (ARRAY['I', 'O', 'E'])[1 + mod(no, 3)], 'Ward ' || mod(no, 30),
    ago < 2000, now()
FROM bench_exam WHERE mod(no, 10) < 3 ORDER BY no;

INSERT INTO orders_order (patient_id, visit_id, peer_id, status, status_since,
    report_status, version, generation, created_at, placer_order_number,
    placer_namespace, filler_order_number, accession_number, requested_procedure_id,
    study_instance_uid, procedure_code, procedure_text, procedure_system, modality,
    priority, reason, ordering_provider, scheduled_start, station_ae_title, room_name,
    started_at, ended_at, needs_attention)
SELECT patient, v.id, %(peer)s, e.status, start, report, 4, 1, start - interval '2 days',
    'P' || no, 'EHRX', 'A' || no, 'A' || no, 'RP' || no, '2.25.' || no, code, text,
    '99RADFLOW', modality, priority, 'Pain', '{"id": "3002", "family": "Fox"}',
    CASE WHEN e.status <> 'ordered' AND mod(no, 20) <> 7 THEN start END, ae_title, room_name,
    CASE WHEN e.status IN ('performed', 'in_progress') THEN start END,
    CASE WHEN e.status = 'performed' THEN start + interval '10 minutes' END,
    CASE WHEN ago < %(live)s AND mod(no, 40) = 0 THEN 'Look at this.' ELSE '' END
FROM bench_exam AS e LEFT JOIN orders_visit AS v ON v.number = 'V' || no ORDER BY no;

INSERT INTO worklist_step (order_id, step_id, modality, made_for, station_id,
    station_ae_title, start, duration_minutes, closed, version)
SELECT no, 'SPS' || no, modality, modality, station, ae_title, start, 15,
    status IN ('performed', 'cancelled', 'discontinued'), 1
FROM bench_exam WHERE status <> 'ordered' ORDER BY no;

INSERT INTO worklist_appointment (step_id, room_id, during, state, overbooked, version)
SELECT s.id, room, tstzrange(e.start, e.start + interval '15 minutes'),
    CASE e.status WHEN 'performed' THEN 'fulfilled' WHEN 'cancelled' THEN 'cancelled'
        WHEN 'discontinued' THEN 'cancelled' WHEN 'in_progress' THEN 'started'
        WHEN 'arrived' THEN 'arrived' WHEN 'ready' THEN 'arrived' ELSE 'booked' END,
    e.status <> 'scheduled', 1
FROM bench_exam AS e JOIN worklist_step AS s ON s.order_id = no;

INSERT INTO worklist_performed_step (sop_instance_uid, order_id, status,
    station_ae_title, from_modality, started_at, ended_at, series_count, instance_count,
    dataset)
SELECT '2.25.9' || no, CASE WHEN no > 40 THEN no END,
    CASE status WHEN 'performed' THEN 'COMPLETED' ELSE 'IN PROGRESS' END, ae_title, true,
    start, CASE WHEN status = 'performed' THEN start + interval '10 minutes' END, 2, 200,
    '{"00080060": {"vr": "CS", "Value": ["CT"]}}'
FROM bench_exam WHERE status IN ('performed', 'in_progress') ORDER BY no;

INSERT INTO worklist_study (order_id, study_instance_uid, started_at, ended_at,
    series_count, instance_count, retrieve_ae_title)
SELECT no, '2.25.' || no, start, start + interval '10 minutes', 2, 200, 'PACS1'
FROM bench_exam WHERE status = 'performed' AND no > 40 ORDER BY no;

INSERT INTO worklist_verification (order_id, user_id, method, expected_patient_id,
    presented_patient_id, expected_accession, presented_accession, patient_matches,
    accession_matches, exam, order_version, at, used_at)
SELECT no, %(technologist)s, 'scanned', patient, patient, 'A' || no, 'A' || no, true,
    true, code, 3, start, start
FROM bench_exam WHERE status IN ('performed', 'in_progress') AND ago < 200000;

INSERT INTO worklist_exchange (kind, at, calling_ae, called_ae, address, request, status,
    matches)
SELECT (ARRAY['C-FIND', 'C-FIND', 'C-FIND', 'N-CREATE', 'N-SET'])[1 + mod(no, 5)],
    now() - ago * interval '30 seconds', ae_title, 'RADFLOW', '10.0.0.5', '{}', 0, 5
FROM bench_exam WHERE ago < 200000 ORDER BY no;

INSERT INTO reports_report (order_id, status, draft, version, created_at, claimed_by_id)
SELECT no, CASE report WHEN 'none' THEN 'draft' ELSE report END, '{}', 2, start,
    CASE WHEN ago < 400 THEN %(radiologist)s END
FROM bench_exam
WHERE status = 'performed' AND (report <> 'none' OR ago < 400) ORDER BY no;

INSERT INTO reports_version (report_id, number, status, sections, signed_by_id,
    signed_at, content_hash)
SELECT r.id, 1, r.status, '{"59776-5": "Normal.", "19005-8": "No acute finding."}',
    %(radiologist)s, start + interval '1 hour', md5(no::text) || md5(no::text)
FROM bench_exam AS e JOIN reports_report AS r ON r.order_id = no
WHERE r.status <> 'draft';

INSERT INTO reports_case (number, order_id, report_id, category, finding, state,
    identified_at, due_at, next_step_at, acknowledged_at, acknowledged_by_id,
    acknowledged_person, method, read_back, closed_at, version)
SELECT 'CR-' || no, no, r.id, 1 + mod(no, 3), 'Free air', CASE WHEN is_open
    THEN 'delivered' ELSE 'closed' END, start, start + interval '1 hour',
    CASE WHEN is_open THEN now() + interval '1 day' END, CASE WHEN NOT is_open
    THEN start END, CASE WHEN NOT is_open THEN %(radiologist)s::bigint END,
    CASE WHEN is_open THEN '' ELSE 'Dr Fox' END, CASE WHEN is_open THEN '' ELSE 'phone'
    END, NOT is_open, CASE WHEN NOT is_open THEN start + interval '1 hour' END, 1
FROM bench_exam AS e JOIN reports_report AS r ON r.order_id = no
CROSS JOIN LATERAL (SELECT ago < 900 AS is_open) AS now_open
WHERE mod(no, 50) = 3 AND report IN ('final', 'preliminary');

INSERT INTO reports_escalation_step (case_id, level, recipient, due_at, told_at)
SELECT id, rung, 'Dr Fox', due_at, CASE WHEN rung = 0 THEN identified_at END
FROM reports_case CROSS JOIN generate_series(0, 2) AS rung;

INSERT INTO messaging_inbound (peer_id, received_at, remote_address, raw, body_hash,
    control_id, message_type, sending_application, sending_facility, version, state,
    ack_code, error_code, error_text, keys, order_ids, applied_at, parked_at, findings)
SELECT %(peer)s, now() - ago * interval '70 seconds', '10.0.0.9',
    convert_to(E'MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20260101||ORM^O01|M' || no
        || E'|P|2.3.1\rPID|1||' || 7000000 + patient || E'^^^GENHOSP^MR||Okafor^Ada\r'
        || repeat('NTE|1||A line of words as wards write them.' || E'\r', 8), 'UTF8'),
    sha256(no::text::bytea), 'M' || no,
    (ARRAY['ORM^O01', 'ADT^A08', 'SIU^S12', 'OMI^O23'])[1 + mod(no, 4)], 'EHRX',
    'GENHOSP', '2.3.1', CASE WHEN mod(no, 3000) = 0 THEN 'parked' WHEN mod(no, 500) = 1
        THEN 'duplicate' ELSE 'applied' END, 'AA',
    CASE WHEN mod(no, 3000) = 0 THEN 'UNKNOWN_CODE' ELSE '' END,
    CASE WHEN mod(no, 3000) = 0 THEN 'No such order.' ELSE '' END,
    ARRAY['O:P' || no, 'P:' || 7000000 + patient], ARRAY[no::bigint], now(),
    CASE WHEN mod(no, 3000) = 0 THEN now() END, '[]'
FROM bench_exam WHERE ago < %(messages)s ORDER BY no;

INSERT INTO messaging_outbound (peer_id, created_at, control_id, message_type, raw, key,
    state, order_ids, attempts, acknowledged_at, ack_code, error_code)
SELECT %(peer)s, now() - ago * interval '70 seconds', 'R' || no,
    (ARRAY['ORM^O01', 'ORU^R01', 'ORR^O02'])[1 + mod(no, 3)],
    convert_to(E'MSH|^~\\&|RADFLOW|RADDEPT|EHRX|GENHOSP|20260101||ORU^R01|R' || no
        || E'|P|2.3.1\r' || repeat('OBX|1|TX|59776-5||Normal.' || E'\r', 12), 'UTF8'),
    'P' || no, CASE WHEN mod(no, 8000) = 0 THEN 'refused' WHEN mod(no, 20000) = 1
        THEN 'dead' ELSE 'acknowledged' END, ARRAY[no::bigint], 1, now(), 'AA',
    CASE WHEN mod(no, 8000) = 0 THEN '204' ELSE '' END
FROM bench_exam WHERE ago < %(messages)s ORDER BY no;

INSERT INTO messaging_attempt (message_id, started_at, outcome)
SELECT id, created_at, 'AA' FROM messaging_outbound;

INSERT INTO orders_event (order_id, at, recorded_at, kind, title, to_status, actor)
SELECT no, start + n * interval '10 minutes', start + n * interval '10 minutes',
    'state', (ARRAY['Order placed', 'Exam begun', 'Exam ended'])[n],
    (ARRAY['ordered', 'in_progress', 'performed'])[n], 'EHRX'
FROM bench_exam CROSS JOIN generate_series(1, 3) AS n ORDER BY no, n;

INSERT INTO orders_provenance (order_id, at, changes, actor)
SELECT no, start, '{"priority": {"was": "", "now": "R", "from": "OBR-27.6"}}', 'EHRX'
FROM bench_exam WHERE ago < 200000;

INSERT INTO orders_held_change (order_id, reasons, differences, state, applied, held_at,
    decided_at)
SELECT no, '["procedure"]', '[{"field": "procedure_code", "label": "Procedure",
    "ours": "CTPA", "theirs": "CTHEAD", "from": "OBR-4", "reason": "procedure"}]',
    CASE WHEN ago < %(live)s THEN 'open' ELSE 'rejected' END, false, start,
    CASE WHEN ago < %(live)s THEN NULL ELSE start END
FROM bench_exam WHERE mod(no, 20) = 0 AND ago < 60000;

INSERT INTO orders_duplicate (first_id, second_id, reasons, score, state)
SELECT id, id + 1, '["Same birth date"]', mod(id, 100),
    CASE WHEN mod(id, 5000) = 1 THEN 'open' ELSE 'dismissed' END
FROM orders_patient WHERE mod(id, 50) = 1 AND id < %(patients)s;

INSERT INTO orders_merge (kind, event, survivor_id, retired_id, at, moved)
SELECT 'merge', 'A40', id, id + 1, now() - id * interval '5 minutes',
    '{"identifiers": [], "visits": [], "orders": []}'
FROM orders_patient WHERE mod(id, 60) = 2 AND id < %(patients)s;

INSERT INTO orders_tombstone (placer_order_number, placer_namespace, control)
SELECT 'T' || n, 'EHRX', 'CA' FROM generate_series(1, 2000) AS n;

INSERT INTO live_event (seq, topic, object_id, version, at)
SELECT no, 'order', no, 4, start FROM bench_exam WHERE ago < 300000 ORDER BY no;

INSERT INTO audit_entry (at, action, actor_id, order_id, patient_id, detail)
SELECT start, 'order_viewed', %(technologist)s, no, patient, '{}'
FROM bench_exam WHERE ago < 500000 ORDER BY no;

DROP TABLE bench_exam, bench_family, bench_given;
