"""Domains, types and resource tags: what may be registered, and what becomes of it."""

import pytest

from pyswfaws.swflocal.service import Quotas

ARN = 'arn:aws:swf:us-east-1:123456789012:/domain/d'
KINDS = pytest.mark.parametrize(('kind', 'member'), [('Activity', 'activityType'), ('Workflow', 'workflowType')])


def domain(swf, name, **options):
    swf('RegisterDomain', name=name, workflowExecutionRetentionPeriodInDays='1', **options)


class TestDomains:
    def test_describe(self, bare):
        domain(bare, 'd', description='')
        assert bare('DescribeDomain', name='d') == {
            'domainInfo': {'name': 'd', 'status': 'REGISTERED', 'description': '', 'arn': ARN},
            'configuration': {'workflowExecutionRetentionPeriodInDays': '1'}}
        bare.refuses('UnknownResourceFault', 'Unknown domain: x', 'DescribeDomain', name='x')

    def test_a_name_is_taken_by_a_deprecated_domain_too(self, bare):
        domain(bare, 'd')
        again = {'name': 'd', 'workflowExecutionRetentionPeriodInDays': '1'}
        bare.refuses('DomainAlreadyExistsFault', 'd', 'RegisterDomain', **again)
        bare('DeprecateDomain', name='d')
        bare.refuses('DomainAlreadyExistsFault', 'd', 'RegisterDomain', **again)
        bare.refuses('DomainDeprecatedFault', 'd', 'DeprecateDomain', name='d')
        bare('UndeprecateDomain', name='d')
        bare.refuses('DomainAlreadyExistsFault', 'd', 'UndeprecateDomain', name='d')

    def test_listed_by_name_in_byte_order_of_one_status(self, bare):
        for name in ('b', 'A', 'c', 'B'):
            domain(bare, name)
        bare('DeprecateDomain', name='c')

        def names(**options):
            found = bare('ListDomains', **{'registrationStatus': 'REGISTERED', **options})
            return [info['name'] for info in found['domainInfos']], found.get('nextPageToken')

        assert names() == (['A', 'B', 'b'], None)
        assert names(reverseOrder=True) == (['b', 'B', 'A'], None)
        assert names(registrationStatus='DEPRECATED') == (['c'], None)
        assert names(maximumPageSize=3) == (['A', 'B', 'b'], None)
        first, token = names(maximumPageSize=2)
        assert names(maximumPageSize=2, nextPageToken=token) == (['b'], None)
        assert first == ['A', 'B']

    def test_regions_are_separate_worlds(self, bare):
        domain(bare, 'd')
        domain(bare, 'd', region='eu-west-1')
        bare('DeprecateDomain', name='d')
        info = bare('DescribeDomain', name='d', region='eu-west-1')['domainInfo']
        assert (info['status'], info['arn']) == ('REGISTERED', 'arn:aws:swf:eu-west-1:123456789012:/domain/d')

    def test_the_limit(self, make):
        swf = make(quotas=Quotas(domains=1))
        domain(swf, 'a')
        swf('DeprecateDomain', name='a')
        swf.refuses('LimitExceededFault', 'Too many domains: 1',
                    'RegisterDomain', name='b', workflowExecutionRetentionPeriodInDays='1')

    def test_types_go_and_come_back_with_their_domain(self, swf):
        swf('RegisterActivityType', name='own', version='1')
        swf('DeprecateActivityType', activityType={'name': 'own', 'version': '1'})
        swf('DeprecateDomain', name='d')
        a, own = ({'activityType': {'name': name, 'version': '1'}} for name in ('A', 'own'))
        assert swf('DescribeActivityType', **a)['typeInfo']['status'] == 'DEPRECATED'
        swf.refuses('DomainDeprecatedFault', 'd', 'RegisterActivityType', name='n', version='1')
        swf('UndeprecateDomain', name='d')
        info = swf('DescribeActivityType', **a)['typeInfo']
        assert info == {**a, 'status': 'REGISTERED', 'creationDate': 0.0}
        assert swf('DescribeActivityType', **own)['typeInfo']['status'] == 'DEPRECATED'

    def test_a_deprecated_domain_can_still_be_polled(self, swf):
        swf.start()
        swf('DeprecateDomain', name='d')
        assert 'taskToken' in swf.poll()


class TestTypes:
    @KINDS
    def test_the_life_of_a_type(self, swf, kind, member):
        swf.now = 1.0
        named = {'name': 'N', 'version': '1'}
        text = f'{kind}Type=[name=N, version=1]'
        swf.refuses('UnknownResourceFault', f'Unknown type: {text}', f'Describe{kind}Type', **{member: named})
        swf(f'Register{kind}Type', **named, description='d', defaultTaskStartToCloseTimeout='1')
        swf.refuses('TypeAlreadyExistsFault', text, f'Register{kind}Type', **named)
        assert swf(f'Describe{kind}Type', **{member: named}) == {
            'typeInfo': {member: named, 'status': 'REGISTERED', 'description': 'd', 'creationDate': 1.0},
            'configuration': {'defaultTaskStartToCloseTimeout': '1'}}
        swf.refuses('TypeNotDeprecatedFault',
                    'The type is currently registered and cannot be deleted in its current state',
                    f'Delete{kind}Type', **{member: named})
        swf.refuses('TypeAlreadyExistsFault', text, f'Undeprecate{kind}Type', **{member: named})
        swf.now = 2.0
        swf(f'Deprecate{kind}Type', **{member: named})
        assert swf(f'Describe{kind}Type', **{member: named})['typeInfo']['deprecationDate'] == 2.0
        swf.refuses('TypeDeprecatedFault', text, f'Deprecate{kind}Type', **{member: named})
        swf.refuses('TypeAlreadyExistsFault', text, f'Register{kind}Type', **named)
        swf(f'Undeprecate{kind}Type', **{member: named})
        assert 'deprecationDate' not in swf(f'Describe{kind}Type', **{member: named})['typeInfo']
        swf(f'Deprecate{kind}Type', **{member: named})
        swf(f'Delete{kind}Type', **{member: named})
        swf.refuses('UnknownResourceFault', f'Unknown type: {text}', f'Delete{kind}Type', **{member: named})
        swf(f'Register{kind}Type', **named)

    @KINDS
    def test_listed_by_name_then_version(self, bare, kind, member):
        domain(bare, 'd')
        for name, version in (('b', '1'), ('a', '2'), ('a', '10'), ('B', '1')):
            bare(f'Register{kind}Type', name=name, version=version)

        def names(**options):
            found = bare(f'List{kind}Types', registrationStatus='REGISTERED', **options)
            return [tuple(info[member].values()) for info in found['typeInfos']], found.get('nextPageToken')

        assert names()[0] == [('B', '1'), ('a', '10'), ('a', '2'), ('b', '1')]
        assert names(reverseOrder=True)[0] == [('b', '1'), ('a', '2'), ('a', '10'), ('B', '1')]
        assert names(name='a')[0] == [('a', '10'), ('a', '2')]
        first, token = names(maximumPageSize=2, reverseOrder=True)
        assert names(maximumPageSize=2, reverseOrder=True, nextPageToken=token) == ([('a', '10'), ('B', '1')], None)
        assert first == [('b', '1'), ('a', '2')]

    def test_the_limit(self, make):
        swf = make(quotas=Quotas(types=1))
        domain(swf, 'd')
        swf('RegisterActivityType', name='a', version='1')
        swf('RegisterWorkflowType', name='a', version='1')
        swf.refuses('LimitExceededFault', 'Too many types: 1', 'RegisterActivityType', name='a', version='2')


class TestTags:
    def test_tagging(self, bare):
        domain(bare, 'd', tags=[{'key': 'a', 'value': '1'}])
        bare('TagResource', resourceArn=ARN, tags=[{'key': 'a', 'value': '2'}, {'key': 'b'}])
        assert bare('ListTagsForResource', resourceArn=ARN)['tags'] == [
            {'key': 'a', 'value': '2'}, {'key': 'b', 'value': ''}]
        bare('UntagResource', resourceArn=ARN, tagKeys=['a', 'b', 'unknown'])
        assert bare('ListTagsForResource', resourceArn=ARN) == {'tags': []}

    def test_the_region_is_that_of_the_arn(self, bare):
        domain(bare, 'd', region='eu-west-1')
        arn = ARN.replace('us-east-1', 'eu-west-1')
        bare('TagResource', resourceArn=arn, tags=[{'key': 'a', 'value': '1'}])
        assert bare('ListTagsForResource', resourceArn=arn)['tags'] == [{'key': 'a', 'value': '1'}]

    @pytest.mark.parametrize('arn', ['x', ARN.replace('/domain/d', '/domain/no'), ARN.replace('1234', '9999')])
    def test_unknown_resources(self, swf, arn):
        swf.refuses('UnknownResourceFault', 'Unknown domain: no' if 'no' in arn else f'Unknown resource: {arn}',
                    'ListTagsForResource', resourceArn=arn)

    def test_the_limit_is_that_of_the_result(self, make):
        swf = make(quotas=Quotas(resource_tags=2))
        domain(swf, 'd', tags=[{'key': 'a'}, {'key': 'b'}])
        swf('TagResource', resourceArn=ARN, tags=[{'key': 'a', 'value': '2'}])
        swf.refuses('TooManyTagsFault', 'Too many tags: 2', 'TagResource', resourceArn=ARN, tags=[{'key': 'c'}])
