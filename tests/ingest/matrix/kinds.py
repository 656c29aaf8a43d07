"""Kinds of source: what an insurer, a DMS, a phone system and a store send, with rows that are right as they stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of source: an entity, its headers and three good lines.

    `lines`: text as sent; `rows`: the canonical values they must become, in the order of `columns`. `roles` names the
    column that stands for a sort of value (key, money, phone …); a role that is not there cannot be damaged.
    `{n}` in a line is replaced by a number of the file's own, so that no two files are alike.
    """

    name: str
    entity: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[Any, ...], ...]
    roles: dict[str, str]
    spec: str
    required: frozenset[str]
    by_hand: bool = False
    has_header: bool = True
    """False: as text it comes without a header line (a phone log)."""
    aliases: dict[str, str] = field(default_factory=dict)


POLICY = Kind(
    name="insurer",
    entity="policy",
    headers=("保单号", "险种", "车架号", "被保险人", "联系电话", "签单日期", "起保日期", "终保日期", "签单保费", "车船税"),
    columns=(
        "policy_number", "policy_kind", "vin", "insured_name", "insured_phone", "signed_on", "cover_starts_on",
        "cover_ends_on", "premium_amount", "vehicle_tax_amount",
    ),
    lines=(
        ("PDAA{n}01", "商业险", "LSVAA2181C2000001", "王一", "13800138001", "2026-11-20", "2026-12-01", "2027-11-30", "1234.50", "300"),
        ("PDAA{n}02", "交强险", "LSVAA2183C2000002", "李二", "13800138002", "2026-11-20", "2026-12-01", "2027-11-30", "950", "300"),
        ("PDAA{n}03", "商业险", "LSVAA2185C2000003", "张三", "02988888888", "2026-11-21", "2026-12-05", "2027-12-04", "4321.00", ""),
    ),
    rows=(
        ("PDAA{n}01", "commercial", "LSVAA2181C2000001", "王一", "13800138001", date(2026, 11, 20), date(2026, 12, 1), date(2027, 11, 30), Decimal("1234.50"), Decimal("300.00")),
        ("PDAA{n}02", "compulsory", "LSVAA2183C2000002", "李二", "13800138002", date(2026, 11, 20), date(2026, 12, 1), date(2027, 11, 30), Decimal("950.00"), Decimal("300.00")),
        ("PDAA{n}03", "commercial", "LSVAA2185C2000003", "张三", "02988888888", date(2026, 11, 21), date(2026, 12, 5), date(2027, 12, 4), Decimal("4321.00"), None),
    ),
    roles={
        "key": "policy_number", "code": "policy_kind", "vin": "vin", "text": "insured_name", "phone": "insured_phone",
        "date": "signed_on", "money": "premium_amount", "optional_money": "vehicle_tax_amount", "last_day": "cover_ends_on",
    },
    spec="""
    entity: policy
    constants: {insurer_code: PICC}
    columns:
      policy_number: [保单号, 保单号码]
      policy_kind: {from: 险种, codes: {商业险: commercial, 交强险: compulsory}}
      vin: 车架号
      insured_name: 被保险人
      insured_phone: 联系电话
      signed_on: 签单日期
      cover_starts_on: 起保日期
      cover_ends_on: 终保日期
      premium_amount: 签单保费
      vehicle_tax_amount: 车船税
""",
    required=frozenset({"policy_number", "policy_kind", "vin", "signed_on", "cover_starts_on", "cover_ends_on", "premium_amount"}),
    aliases={"保单号": "保单号码"},
)  # fmt: skip

CUSTOMER = Kind(
    name="dms_customer",
    entity="customer",
    headers=("客户编号", "门店", "客户类型", "姓名", "电话", "来源", "建档日期"),
    columns=("customer_id", "store_id", "customer_type", "customer_name", "phone", "data_origin", "created_on"),
    lines=(
        ("C{n}01", "001", "个人", "王一", "13800138001", "销售", "2024-02-29"),
        ("C{n}02", "001", "公户", "西安某某物流有限公司", "029-88888888", "服务", "2025-06-01"),
        ("C{n}03", "002", "个人", "李三", "13800138003", "服务", "2026-11-20"),
    ),
    rows=(
        ("C{n}01", "001", "person", "王一", "13800138001", "own_sale", date(2024, 2, 29)),
        ("C{n}02", "001", "company", "西安某某物流有限公司", "02988888888", "service", date(2025, 6, 1)),
        ("C{n}03", "002", "person", "李三", "13800138003", "service", date(2026, 11, 20)),
    ),
    roles={"key": "customer_id", "code": "data_origin", "text": "customer_name", "phone": "phone", "date": "created_on"},
    spec="""
    entity: customer
    mode: delta
    columns:
      customer_id: [客户编号, 客户号]
      store_id: 门店
      customer_type: {from: 客户类型, codes: {个人: person, 公户: company}}
      customer_name: 姓名
      phone: 电话
      data_origin: {from: 来源, codes: {销售: own_sale, 服务: service}}
      created_on: 建档日期
""",
    required=frozenset({"customer_id", "store_id", "customer_name", "data_origin", "created_on"}),
    aliases={"客户编号": "客户号"},
)  # fmt: skip

SALE = Kind(
    name="dms_sale",
    entity="vehicle_sale",
    headers=("sale_number", "store_id", "vin", "staff_id", "sold_on", "price_amount"),
    columns=("sale_number", "store_id", "vin", "staff_id", "sold_on", "price_amount"),
    lines=(
        ("S{n}01", "001", "LSVAA2181C2000001", "E1001", "2026-11-20", "123400.00"),
        ("S{n}02", "001", "LSVAA2183C2000002", "E1002", "2026-11-20", "98000"),
        ("S{n}03", "002", "LSVAA2185C2000003", "E1003", "2026-11-21", "215800.00"),
    ),
    rows=(
        ("S{n}01", "001", "LSVAA2181C2000001", "E1001", date(2026, 11, 20), Decimal("123400.00")),
        ("S{n}02", "001", "LSVAA2183C2000002", "E1002", date(2026, 11, 20), Decimal("98000.00")),
        ("S{n}03", "002", "LSVAA2185C2000003", "E1003", date(2026, 11, 21), Decimal("215800.00")),
    ),
    roles={"key": "sale_number", "vin": "vin", "text": "staff_id", "date": "sold_on", "optional_money": "price_amount"},
    spec="""
    entity: vehicle_sale
    columns:
      sale_number: [sale_number, sale_no]
      store_id: store_id
      vin: vin
      staff_id: staff_id
      sold_on: sold_on
      price_amount: price_amount
""",
    required=frozenset({"sale_number", "store_id", "vin", "sold_on"}),
    aliases={"sale_number": "sale_no"},
)  # fmt: skip

CALL = Kind(
    name="phone_log",
    entity="call",
    headers=("src", "dst", "start", "answer", "end", "billsec", "disposition", "uniqueid", "userfield"),
    columns=("caller_number", "callee_number", "started_at", "answered_at", "ended_at", "billable_seconds", "disposition", "leg_id", "call_id"),
    lines=(
        ("8001", "13800138001", "2026-11-23 09:00:00", "2026-11-23 09:00:05", "2026-11-23 09:01:05", "60", "ANSWERED", "L{n}01", "K{n}01"),
        ("8001", "13800138002", "2026-11-23 09:05:00", "", "2026-11-23 09:05:30", "0", "NO ANSWER", "L{n}02", "K{n}02"),
        ("8002", "13800138003", "2026-11-23 09:06:00", "", "2026-11-23 09:06:10", "0", "BUSY", "L{n}03", "K{n}03"),
    ),
    rows=(
        ("8001", "13800138001", datetime(2026, 11, 23, 9, 0), datetime(2026, 11, 23, 9, 0, 5), datetime(2026, 11, 23, 9, 1, 5), 60, "answered", "L{n}01", "K{n}01"),
        ("8001", "13800138002", datetime(2026, 11, 23, 9, 5), None, datetime(2026, 11, 23, 9, 5, 30), 0, "no_answer", "L{n}02", "K{n}02"),
        ("8002", "13800138003", datetime(2026, 11, 23, 9, 6), None, datetime(2026, 11, 23, 9, 6, 10), 0, "busy", "L{n}03", "K{n}03"),
    ),
    roles={"key": "leg_id", "code": "disposition", "text": "caller_number", "timestamp": "started_at", "integer": "billable_seconds"},
    spec="""
    entity: call
    columns:
      caller_number: src
      callee_number: dst
      started_at: start
      answered_at: answer
      ended_at: end
      billable_seconds: billsec
      disposition: {from: disposition, codes: {ANSWERED: answered, NO ANSWER: no_answer, BUSY: busy}}
      leg_id: [uniqueid, unique_id]
      call_id: userfield
""",
    required=frozenset({"leg_id", "call_id", "started_at", "ended_at", "billable_seconds", "disposition"}),
    has_header=False,
    aliases={"uniqueid": "unique_id"},
)  # fmt: skip

RESULT = Kind(
    name="returned_list",
    entity="call_result",
    headers=("结果", "下次联系", "已报价金额", "新电话", "备注", "list_id", "row_id"),
    columns=("result", "next_contact_on", "quoted_amount", "new_phone", "note", "list_id", "row_id"),
    lines=(
        ("成交", "", "3200", "", "已付款", "20261124-001-E1", "R{n}01"),
        ("待联系", "2026-11-30", "", "13900139002", "月底再打", "20261124-001-E1", "R{n}02"),
        ("未接通", "", "", "", "", "20261124-001-E1", "R{n}03"),
    ),
    rows=(
        ("renewed", None, Decimal("3200.00"), None, "已付款", "20261124-001-E1", "R{n}01"),
        ("call_back", date(2026, 11, 30), None, "13900139002", "月底再打", "20261124-001-E1", "R{n}02"),
        ("no_answer", None, None, None, None, "20261124-001-E1", "R{n}03"),
    ),
    roles={
        "key": "row_id", "code": "result", "text": "note", "phone": "new_phone", "date": "next_contact_on",
        "optional_money": "quoted_amount",
    },
    spec="""
    entity: call_result
    by_hand: true
    columns:
      result: {from: 结果, codes: {成交: renewed, 待联系: call_back, 未接通: no_answer}}
      next_contact_on: 下次联系
      quoted_amount: 已报价金额
      new_phone: 新电话
      note: 备注
      list_id: list_id
      row_id: [row_id, 行编号]
""",
    required=frozenset({"list_id", "row_id", "result"}),
    by_hand=True,
    aliases={"row_id": "行编号"},
)  # fmt: skip

KINDS = (POLICY, CUSTOMER, SALE, CALL, RESULT)
