{#
    One row per use of a service, with the cover that entitles to it on its day and why it does
    not, if it does not.
#}
with

uses as (

    select * from {{ ref('stg_dms__entitlement_use') }}

),

due as (

    select * from {{ ref('int_entitlement_due') }}

),

matched as (

    select
        uses.*,
        due.term_id,
        due.cover_level,
        due.clause_version,
        due.uses as allowed_uses,
        due.limit_km,
        due.signed_on
    from uses
    left join due
        on
            uses.vin = due.vin
            and uses.store_id = due.store_id
            and uses.entitlement = due.entitlement
            and cast(uses.used_at as date) between due.cover_starts_on and due.cover_ends_on
    qualify row_number() over (
        partition by uses.use_number order by due.signed_on, due.term_id
    ) = 1

),

numbered as (

    select
        *,
        row_number() over (
            partition by term_id, entitlement order by used_at, use_number
        ) as use_of_cover
    from matched

),

judged as (

    select
        * exclude (use_of_cover),
        case when term_id is not null then use_of_cover end as use_of_cover,
        case
            when term_id is null then 'no_cover'
            when use_of_cover > allowed_uses then 'used_up'
            when distance_km > limit_km then 'too_far'
            when entitlement = 'pick_up' and not coalesce(has_signed_form, false) then 'no_form'
            else 'entitled'
        end as verdict
    from numbered

)

select * from judged
